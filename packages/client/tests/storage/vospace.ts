import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Misbehaviours, each off unless set. */
export interface Faults {
  /** Breaks so many downloads after `cutAt` bytes. */
  cutReads?: number;
  /** Breaks so many uploads after `cutAt` bytes. */
  cutWrites?: number;
  cutAt?: number;
  /** Does so many uploads, removals and folders, and drops the connection instead of answering. */
  loseReplies?: number;
  /** Keeps another checksum than that of the bytes, so many times. */
  wrongMd5?: number;
  /** Refuses so many uploads with 412. */
  put412?: number;
  /** Answers 503 so many times. */
  busy?: number;
  /** Sends the whole file whatever is asked. */
  noRanges?: boolean;
  cursor?: 'exclusive' | 'ignored' | 'inclusive';
  /** Gives no more entries at once, whatever is asked. */
  pageCap?: number;
  /** Files are not written or read at their own address. */
  noDirect?: boolean;
  /** Files are announced at their own address, where only reading works. */
  readOnlyFiles?: boolean;
  /** Bytes are at another origin. */
  foreign?: boolean;
  relativeRedirects?: boolean;
  /** Has no jobs for trees, and moves nothing. */
  noJobs?: boolean;
  /** Keeps no checksums. */
  noMd5?: boolean;
  /** Asks nobody who they are. */
  anonymous?: boolean;
  quotaBytes?: number;
  /** Paths that are locked. */
  locked?: readonly string[];
  /** Paths that others may not see. */
  forbidden?: readonly string[];
  /** Changes the file before the next download goes on. */
  changeOnResume?: boolean;
  /** Names put in front of the entries of every folder, as they stand in the identifier. */
  evilChildren?: readonly string[];
  /** Asked at each request: true leaves it without an answer. */
  hold?: () => boolean;
}

/** A request as it arrived. */
export interface Seen {
  method: string;
  url: string;
  /** Which of the two listeners it reached. */
  at: 'bytes' | 'service';
  authorization: string | undefined;
  range: string | undefined;
}

interface Meta {
  properties: Record<string, string>;
  link?: string;
  md5?: string;
}

const core = 'ivo://ivoa.net/vospace/core#';
const authority = 'example.org~arc';
const token = 'sesame';

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

const escaped = (text: string) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const unescaped = (text: string) =>
  text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

const uriOf = (path: string) =>
  `vos://${authority}${path === '/' ? '' : path.split('/').map(encodeURIComponent).join('/')}`;

const pathOf = (uri: string): string => {
  if (!uri.startsWith(`vos://${authority}`))
    throw new Refusal(400, 'InvalidURI: not of this service');
  return decodeURIComponent(uri.slice(`vos://${authority}`.length)) || '/';
};

/** A small VOSpace over a folder, as the specification has it. */
export class Vospace implements AsyncDisposable {
  readonly faults: Faults = {};
  readonly seen: Seen[] = [];
  readonly #meta = new Map<string, Meta>();
  readonly #grants = new Map<string, { path: string; method: string }>();
  readonly #jobs = new Map<string, { run: () => Promise<void>; phase: string; message?: string }>();
  readonly #servers: http.Server[] = [];
  #root = '';
  #urls = { service: '', bytes: '' };

  static async start(): Promise<Vospace> {
    const space = new Vospace();
    space.#root = await mkdtemp(join(tmpdir(), 'skaha-vospace-'));
    for (const at of ['service', 'bytes'] as const) {
      const server = http.createServer((incoming, outgoing) => {
        space.#serve(incoming, outgoing, at).catch(() => incoming.socket.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      space.#servers.push(server);
      space.#urls[at] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }
    return space;
  }

  /** Root of the storage service. */
  get url(): string {
    return `${this.#urls.service}/arc`;
  }

  /** Where the platform would be, beside which the storage is found. */
  get platformUrl(): string {
    return `${this.#urls.service}/skaha`;
  }

  get token(): string {
    return token;
  }

  /** A file's or folder's place on this machine. */
  local(path: string): string {
    return join(this.#root, path);
  }

  count(method: string, part: RegExp): number {
    return this.seen.filter((one) => one.method === method && part.test(one.url)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await rm(this.#root, { recursive: true, force: true });
  }

  #take(name: 'busy' | 'cutReads' | 'cutWrites' | 'loseReplies' | 'put412' | 'wrongMd5'): boolean {
    const left = this.faults[name] ?? 0;
    if (left > 0) this.faults[name] = left - 1;
    return left > 0;
  }

  async #serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse, at: Seen['at']) {
    const { method = '', url = '', headers } = incoming;
    const { authorization, range } = headers;
    this.seen.push({ method, url, at, authorization, range });
    if (this.faults.hold?.() === true) return;
    try {
      if (this.#take('busy')) throw new Refusal(503, 'ServiceBusy: later');
      const address = new URL(url, 'http://host');
      const [, name, part = '', ...rest] = address.pathname.split('/');
      if (name !== (at === 'service' ? 'arc' : 'elsewhere')) throw new Refusal(404, 'not found');
      const path = `/${rest
        .filter((name) => name !== '')
        .map(decodeURIComponent)
        .join('/')}`;
      if (part === 'capabilities') return this.#send(outgoing, 200, this.#capabilities());
      const isGrant = part === 'files' && rest[0]?.startsWith('preauth:') === true;
      const isKnown = this.faults.anonymous || authorization === `Bearer ${token}`;
      if (!isGrant && !isKnown) throw new Refusal(401, 'NotAuthenticated: who are you');
      if (part === 'nodes') return await this.#nodes(incoming, outgoing, path, address);
      if (part === 'files') return await this.#files(incoming, outgoing, rest, at);
      return await this.#jobsPart(incoming, outgoing, part, rest, address);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!incoming.readableEnded) incoming.resume();
      outgoing.writeHead(error.status, { 'content-type': 'text/plain' });
      outgoing.end(error.message);
    }
  }

  #send(outgoing: http.ServerResponse, status: number, body = '', headers = {}) {
    outgoing.writeHead(status, { 'content-type': 'text/xml', ...headers });
    outgoing.end(body);
  }

  #redirect(outgoing: http.ServerResponse, path: string) {
    const location = this.faults.relativeRedirects ? path : `${this.#urls.service}${path}`;
    this.#send(outgoing, 303, '', { location });
  }

  #capabilities(): string {
    const { noDirect, noJobs } = this.faults;
    const parts: [id: string, part: string][] = [
      ['VOSpace/v2.0#nodes', 'nodes'],
      ['VOSpace#sync-2.1', 'synctrans'],
      ...(noDirect ? [] : [['VOSpace#files-proto', 'files'] as [string, string]]),
      ...(noJobs
        ? []
        : ([
            ['VOSpace/v2.0#transfers', 'transfers'],
            ['VOSpace#recursive-delete-proto', 'async-delete'],
            ['VOSpace#recursive-nodeprops-proto', 'async-setprops'],
          ] as [string, string][])),
    ];
    const list = parts.map(
      ([id, part]) =>
        `<capability standardID="ivo://ivoa.net/std/${id}"><interface xsi:type="vs:ParamHTTP" role="std"><accessURL use="base">${this.url}/${part}</accessURL><securityMethod standardID="ivo://ivoa.net/sso#token"/></interface></capability>`,
    );
    return `<?xml version="1.0"?><vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${list.join('')}</vosi:capabilities>`;
  }

  #check(path: string): void {
    const { forbidden = [], locked = [] } = this.faults;
    if (forbidden.includes(path)) throw new Refusal(403, `PermissionDenied: ${path}`);
    if (locked.includes(path)) throw new Refusal(423, `NodeLocked: ${path}`);
  }

  async #kind(path: string): Promise<'ContainerNode' | 'DataNode' | 'LinkNode' | undefined> {
    if (this.#meta.get(path)?.link !== undefined) return 'LinkNode';
    const found = await lstat(this.local(path)).catch(() => undefined);
    if (found === undefined) return undefined;
    return found.isDirectory() ? 'ContainerNode' : 'DataNode';
  }

  async #describe(path: string, children = ''): Promise<string> {
    const kind = await this.#kind(path);
    if (kind === undefined) throw new Refusal(404, `NodeNotFound: ${path}`);
    const { properties = {}, link, md5 } = this.#meta.get(path) ?? {};
    const all: Record<string, string> = { [`${core}creator`]: 'CN=ada,OU=test', ...properties };
    if (kind === 'DataNode') {
      const { size, mtime } = await stat(this.local(path));
      all[`${core}length`] = String(size);
      all[`${core}date`] = mtime.toISOString().replace('Z', '');
      if (md5 !== undefined && !this.faults.noMd5) all[`${core}MD5`] = md5;
    }
    if (kind === 'ContainerNode' && path === '/home/ada' && this.faults.quotaBytes !== undefined)
      all[`${core}quota`] = String(this.faults.quotaBytes);
    const lines = Object.entries(all).map(
      ([uri, value]) => `<vos:property uri="${escaped(uri)}">${escaped(value)}</vos:property>`,
    );
    return `<vos:node xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="2.1" uri="${escaped(uriOf(path))}" xsi:type="vos:${kind}"><vos:properties>${lines.join('')}</vos:properties>${link === undefined ? '' : `<vos:target>${escaped(link)}</vos:target>`}${kind === 'ContainerNode' ? `<vos:nodes>${children}</vos:nodes>` : ''}</vos:node>`;
  }

  async #names(path: string): Promise<string[]> {
    const files = await readdir(this.local(path));
    const links = [...this.#meta].flatMap(([one, { link }]) =>
      link !== undefined && dirname(one) === path ? [basename(one)] : [],
    );
    return [...files, ...links].sort();
  }

  async #list(path: string, address: URL): Promise<string> {
    const limit = address.searchParams.get('limit');
    const cursor = address.searchParams.get('uri');
    if (limit === '0') return this.#describe(path);
    let names = await this.#names(path);
    const { cursor: how = 'inclusive', pageCap, evilChildren = [] } = this.faults;
    if (cursor !== null && how !== 'ignored') {
      const after = basename(pathOf(cursor));
      names = names.filter((name) => (how === 'inclusive' ? name >= after : name > after));
    }
    const most = Math.min(limit === null ? names.length : Number(limit), pageCap ?? names.length);
    const children = await Promise.all(
      names.slice(0, most).map((name) => this.#describe(join(path, name))),
    );
    const evil = evilChildren.map(
      (uri) => `<vos:node uri="${uri}" xsi:type="vos:DataNode"><vos:properties/></vos:node>`,
    );
    return this.#describe(path, [...evil, ...children].join(''));
  }

  async #nodes(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
    path: string,
    address: URL,
  ) {
    this.#check(path);
    const { method } = incoming;
    if (method === 'GET') {
      const kind = await this.#kind(path);
      const text =
        kind === 'ContainerNode' ? await this.#list(path, address) : await this.#describe(path);
      return this.#send(outgoing, 200, text);
    }
    if (method === 'DELETE') await this.#delete(path);
    else await this.#change(method === 'PUT', path, await text(incoming));
    if (this.#take('loseReplies')) return incoming.socket.destroy();
    return method === 'DELETE'
      ? this.#send(outgoing, 204)
      : this.#send(outgoing, method === 'PUT' ? 201 : 200, await this.#describe(path));
  }

  async #delete(path: string) {
    const kind = await this.#kind(path);
    if (kind === undefined) throw new Refusal(404, `NodeNotFound: ${path}`);
    if (kind === 'ContainerNode' && (await this.#names(path)).length > 0)
      throw new Refusal(400, 'InvalidArgument: container not empty');
    if (kind !== 'LinkNode') await rm(this.local(path), { recursive: true });
    this.#meta.delete(path);
  }

  async #change(isNew: boolean, path: string, xml: string) {
    const uri = unescaped(/<vos:node [^>]*uri="([^"]+)"/.exec(xml)?.[1] ?? '');
    if (pathOf(uri) !== path) throw new Refusal(400, 'InvalidArgument: other uri');
    const kind = await this.#kind(path);
    if (isNew && kind !== undefined) throw new Refusal(409, `DuplicateNode: ${path}`);
    if (!isNew && kind === undefined) throw new Refusal(404, `NodeNotFound: ${path}`);
    if (isNew && (await this.#kind(dirname(path))) !== 'ContainerNode')
      throw new Refusal(404, `ContainerNotFound: ${dirname(path)}`);
    const meta = this.#meta.get(path) ?? { properties: {} };
    for (const [, name = '', nil, value] of xml.matchAll(
      /<vos:property uri="([^"]+)"(?:( xsi:nil="true")\/>|>([^<]*)<)/g,
    )) {
      if (nil !== undefined) delete meta.properties[unescaped(name)];
      else meta.properties[unescaped(name)] = unescaped(value ?? '');
    }
    const link = /<vos:target>([^<]*)</.exec(xml)?.[1];
    if (isNew && link !== undefined) meta.link = unescaped(link);
    else if (isNew) await mkdir(this.local(path));
    this.#meta.set(path, meta);
  }

  async #files(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
    rest: readonly string[],
    at: Seen['at'],
  ) {
    const [first = '', ...others] = rest.map(decodeURIComponent);
    const isGrant = first.startsWith('preauth:');
    const grant = isGrant ? this.#grants.get(first.slice(8)) : undefined;
    const path = `/${(isGrant ? others : [first, ...others]).join('/')}`;
    const method = incoming.method ?? '';
    if (isGrant && (grant?.path !== path || grant.method !== method))
      throw new Refusal(403, 'PermissionDenied: no grant');
    if (!isGrant && (this.faults.noDirect || (this.faults.readOnlyFiles && method === 'PUT')))
      throw new Refusal(405, 'not here');
    this.#check(path);
    if (!isGrant && this.faults.foreign && at === 'service' && method === 'GET')
      return this.#send(outgoing, 303, '', { location: this.#grant(path, 'GET') });
    if (method === 'PUT') return this.#put(incoming, outgoing, path);
    return this.#get(incoming, outgoing, path);
  }

  #grant(path: string, method: string): string {
    const id = randomUUID();
    this.#grants.set(id, { path, method });
    const base = this.faults.foreign
      ? `${this.#urls.bytes}/elsewhere`
      : `${this.#urls.service}/arc`;
    return `${base}/files/preauth:${id}${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  async #put(incoming: http.IncomingMessage, outgoing: http.ServerResponse, path: string) {
    if ((await this.#kind(dirname(path))) !== 'ContainerNode')
      throw new Refusal(404, `ContainerNotFound: ${dirname(path)}`);
    if ((await this.#kind(path)) === 'ContainerNode')
      throw new Refusal(400, 'InvalidArgument: a container');
    if (this.#take('put412')) {
      incoming.resume();
      throw new Refusal(412, 'PreconditionFailed: checksum');
    }
    const { cutAt = 1000, quotaBytes } = this.faults;
    const cut = this.#take('cutWrites');
    const hash = createHash('md5');
    let bytes = 0;
    const tally = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        hash.update(chunk);
        if (cut && bytes >= cutAt) incoming.socket.destroy();
        done(null, chunk);
      },
    });
    // Like the real one: what was there is gone with the first byte.
    try {
      await pipeline(incoming, tally, createWriteStream(this.local(path)));
    } catch {
      return;
    }
    if (quotaBytes !== undefined && bytes > quotaBytes) {
      await rm(this.local(path));
      throw new Refusal(413, 'RequestEntityToolarge: quota exceeded');
    }
    const md5 = this.#take('wrongMd5') ? '0'.repeat(32) : hash.digest('hex');
    this.#meta.set(path, { properties: this.#meta.get(path)?.properties ?? {}, md5 });
    if (this.#take('loseReplies')) {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(201).end();
  }

  async #get(incoming: http.IncomingMessage, outgoing: http.ServerResponse, path: string) {
    const kind = await this.#kind(path);
    if (kind === undefined) throw new Refusal(404, `NodeNotFound: ${path}`);
    if (kind !== 'DataNode') throw new Refusal(400, 'InvalidArgument: not a data node');
    const { size } = await stat(this.local(path));
    if (size === 0) return void outgoing.writeHead(204).end();
    const asked = /^bytes=(-?\d+)-?(\d*)$/.exec(incoming.headers.range ?? '');
    const ranged = asked !== null && !this.faults.noRanges;
    const start = ranged ? Number(asked[1]) : 0;
    const end = ranged && asked[2] !== '' ? Math.min(Number(asked[2]), size - 1) : size - 1;
    if (start >= size)
      return void outgoing.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(end - start + 1),
      ...(ranged ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    };
    outgoing.writeHead(ranged ? 206 : 200, headers);
    const cut = this.#take('cutReads');
    const { cutAt = 1000 } = this.faults;
    const stop = cut ? Math.min(end, start + cutAt - 1) : end;
    const source = createReadStream(this.local(path), { start, end: stop });
    if (!cut) return pipeline(source, outgoing).catch(() => undefined);
    for await (const chunk of source) outgoing.write(chunk);
    await new Promise((resolve) => outgoing.write('', resolve));
    setTimeout(() => incoming.socket.destroy(), 20);
    return undefined;
  }

  async #jobsPart(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
    part: string,
    rest: readonly string[],
    address: URL,
  ) {
    const [id = '', ...more] = rest;
    if (part === 'synctrans') return this.#synctrans(incoming, outgoing, address);
    if (part === 'xfer') return this.#send(outgoing, 200, this.#details.get(id) ?? '');
    if (part === 'transfers' && more[0] === 'results')
      return this.#redirect(outgoing, `/arc/xfer/${id}`);
    if (id === '') return this.#startJob(part, await text(incoming), outgoing);
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Refusal(404, 'not found: job');
    if (incoming.method === 'POST') {
      const phase = new URLSearchParams(await text(incoming)).get('PHASE');
      if (phase === 'ABORT') job.phase = 'ABORTED';
      else if (job.phase === 'PENDING') {
        job.phase = 'EXECUTING';
        await job.run().then(
          () => {
            job.phase = 'COMPLETED';
          },
          (error: Error) => {
            job.phase = 'ERROR';
            job.message = error.message;
          },
        );
      }
      return this.#redirect(outgoing, `/arc/${part}/${id}`);
    }
    const { phase, message } = job;
    const error =
      message === undefined
        ? ''
        : `<uws:errorSummary><uws:message>${escaped(message)}</uws:message></uws:errorSummary>`;
    return this.#send(
      outgoing,
      200,
      `<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0"><uws:jobId>${id}</uws:jobId><uws:phase>${phase}</uws:phase>${error}</uws:job>`,
    );
  }

  readonly #details = new Map<string, string>();

  async #synctrans(incoming: http.IncomingMessage, outgoing: http.ServerResponse, address: URL) {
    const xml = await text(incoming);
    if (address.search !== '') throw new Refusal(400, 'InvalidArgument: documents only');
    const path = pathOf(unescaped(/<vos:target>([^<]*)</.exec(xml)?.[1] ?? ''));
    const method = xml.includes('pushToVoSpace') ? 'PUT' : 'GET';
    this.#check(path);
    if (method === 'GET' && (await this.#kind(path)) === undefined)
      throw new Refusal(404, `NodeNotFound: ${path}`);
    const id = randomUUID();
    this.#details.set(
      id,
      `<vos:transfer xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" version="2.1"><vos:target>${escaped(uriOf(path))}</vos:target><vos:protocol uri="${core}http"><vos:endpoint>${escaped(this.#grant(path, method))}</vos:endpoint></vos:protocol></vos:transfer>`,
    );
    this.#redirect(outgoing, `/arc/transfers/${id}/results/transferDetails`);
  }

  #startJob(part: string, body: string, outgoing: http.ServerResponse) {
    if (this.faults.noJobs) throw new Refusal(405, 'no jobs');
    const id = randomUUID();
    this.#jobs.set(id, { phase: 'PENDING', run: () => this.#work(part, body) });
    this.#redirect(outgoing, `/arc/${part}/${id}`);
  }

  async #work(part: string, body: string): Promise<void> {
    if (part === 'async-delete') {
      const path = pathOf(new URLSearchParams(body).get('target') ?? '');
      this.#check(path);
      await rm(this.local(path), { recursive: true });
      for (const one of [...this.#meta.keys()])
        if (one === path || one.startsWith(`${path}/`)) this.#meta.delete(one);
      return;
    }
    if (part === 'async-setprops') {
      const top = pathOf(unescaped(/<vos:node [^>]*uri="([^"]+)"/.exec(body)?.[1] ?? ''));
      const all = [
        top,
        ...(await readdir(this.local(top), { recursive: true })).map((one) => join(top, one)),
      ];
      for (const path of all)
        await this.#change(false, path, body.replace(escaped(uriOf(top)), escaped(uriOf(path))));
      return;
    }
    const from = pathOf(unescaped(/<vos:target>([^<]*)</.exec(body)?.[1] ?? ''));
    const to = pathOf(unescaped(/<vos:direction>([^<]*)</.exec(body)?.[1] ?? ''));
    if ((await this.#kind(to)) !== undefined) throw new Error(`DuplicateNode: ${to} exists`);
    await rename(this.local(from), this.local(to));
    for (const [path, meta] of [...this.#meta]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#meta.delete(path);
      this.#meta.set(to + path.slice(from.length), meta);
    }
  }
}

async function text(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
