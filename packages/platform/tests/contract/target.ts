import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, METHODS } from 'node:http';
import { request } from 'node:https';
import type { SessionWire } from '@skaha/wire/schemas.js';
import type { Platform, PlatformOptions } from '../../src/types.js';

export type Method = (typeof METHODS)[number];

/** Who asks: the user of the run, another one, one without access, or nobody. */
export type Who = 'user' | 'other' | 'outsider' | 'nobody';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asking {
  readonly as?: Who | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** What a case may need beyond the API and one user. */
export type Need =
  /** Platforms of the case's own: with a clock to move, other settings, faults. */
  | 'own-platform'
  /** Sessions that are not headless. */
  | 'interactive'
  | 'other'
  | 'outsider';

export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reaches one platform over HTTPS as several users. */
export interface Access {
  /** Application root, for example `https://127.0.0.1:8443/skaha`. */
  readonly root: string;
  /** PEM of the authority to trust beside or instead of the system's. */
  readonly ca?: string | undefined;
  credential(who: Who): { token: string } | { pem: string } | undefined;
}

/** One request over a connection of its own, as exactly as it is written here. */
export async function ask(
  access: Access,
  method: Method,
  path: string,
  { as = 'user', headers = {}, body }: Asking = {},
): Promise<Answer> {
  const credential = access.credential(as);
  const { hostname, port, pathname } = new URL(access.root);
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      host: hostname,
      port,
      method,
      path: `${pathname}${path}`,
      agent: false,
      timeout: 240_000,
      ...(access.ca === undefined ? {} : { ca: access.ca }),
      ...(credential !== undefined && 'pem' in credential
        ? { cert: credential.pem, key: credential.pem }
        : {}),
    });
    if (credential !== undefined && 'token' in credential) {
      outgoing.setHeader('authorization', `Bearer ${credential.token}`);
    }
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
    if (body !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(body));
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }),
      );
    });
    outgoing.end(body);
  });
}

export const formType = { 'content-type': 'application/x-www-form-urlencoded' } as const;

/** Fields as a form body; a list repeats its name. */
export function form(fields: Fields): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
  return new URLSearchParams(pairs).toString();
}

/** How a target differs from the API and one user. */
export interface TargetOptions {
  readonly access: Access;
  /** Needs that are not met here, and why. */
  readonly unmet: ReadonlyMap<Need, string>;
  /** How long a session may take to get anywhere, in milliseconds. */
  readonly patienceMs: number;
  /** Starts a platform of a case's own. */
  readonly start?: ((options: PlatformOptions) => Promise<Platform>) | undefined;
}

/** The platform that is held against the contract. */
export class Target {
  readonly #options: TargetOptions;
  readonly #created = new Set<string>();
  #image: string | undefined;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  get unmet(): ReadonlyMap<Need, string> {
    return this.#options.unmet;
  }

  get root(): string {
    return this.#options.access.root;
  }

  /** True for a platform started by the suite. */
  get isOwn(): boolean {
    return !this.unmet.has('own-platform');
  }

  async ask(method: Method, path: string, asking: Asking = {}): Promise<Answer> {
    return await ask(this.#options.access, method, path, asking);
  }

  async get(path: string, asking: Asking = {}): Promise<Answer> {
    return await this.ask('GET', path, asking);
  }

  /** An image of the platform for headless sessions that has the usual small programs. */
  async image(): Promise<string> {
    if (this.#image === undefined) {
      const found = JSON.parse((await this.get('/v1/image?type=headless')).body) as {
        id: string;
      }[];
      const terminal = found.find(({ id }) => /terminal|base|ubuntu|debian/.test(id));
      this.#image = (terminal ?? found[0])?.id;
    }
    if (this.#image === undefined) throw new Error('the platform offers no headless image');
    return this.#image;
  }

  /** `POST /session` with these fields; `undefined` leaves a default out. */
  async post(fields: Fields, asking: Asking = {}): Promise<Answer> {
    const body = form({ name: 'contract', image: await this.image(), ...fields });
    return await this.keep(
      await this.ask('POST', '/v1/session', {
        ...asking,
        headers: { ...formType, ...asking.headers },
        body,
      }),
    );
  }

  /** Remembers what an answer created, so that it is deleted at the end. */
  keep(answer: Answer): Answer {
    const id = /^[a-z][a-z0-9]{7}(?=\n$)/.exec(answer.body)?.[0];
    if (answer.status === 200 && id !== undefined) this.#created.add(id);
    return answer;
  }

  async create(fields: Fields = {}, asking: Asking = {}): Promise<string> {
    const answer = await this.post({ cmd: 'true', ...fields }, asking);
    if (answer.status !== 200) throw new Error(`create: ${answer.status} ${answer.body}`);
    return answer.body.trim();
  }

  async list(query = '', asking: Asking = {}): Promise<SessionWire[]> {
    const answer = await this.get(`/v1/session${query}`, asking);
    if (answer.status !== 200) throw new Error(`list: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as SessionWire[];
  }

  async session(id: string): Promise<SessionWire | undefined> {
    const answer = await this.get(`/v1/session/${id}`);
    return answer.status === 200 ? (JSON.parse(answer.body) as SessionWire) : undefined;
  }

  /** Waits for a status. */
  async until(id: string, ...statuses: readonly string[]): Promise<SessionWire> {
    return await this.wait(async () => {
      const session = await this.session(id);
      return session !== undefined && statuses.includes(session.status ?? '') ? session : undefined;
    });
  }

  /** Looks until something is so. */
  async wait<Value>(look: () => Promise<Value | undefined | false>): Promise<Value> {
    const pauseMs = this.isOwn ? 20 : 3_000;
    for (let left = this.#options.patienceMs; left > 0; left -= pauseMs) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    throw new Error(`waited in vain for: ${look}`);
  }

  /** A platform of the case's own, stopped at its end. */
  async own(options: PlatformOptions = {}): Promise<{ platform: Platform; target: Target }> {
    if (this.#options.start === undefined) throw new Error('needs a platform of its own');
    const platform = await this.#options.start(options);
    return { platform, target: targetOf(platform, this.#options) };
  }

  /** Deletes what the cases created. */
  async tidy(): Promise<void> {
    await Promise.all([...this.#created].map((id) => this.ask('DELETE', `/v1/session/${id}`)));
    this.#created.clear();
  }
}

/** The target that a platform of this process is. */
export function targetOf(
  platform: Platform,
  { start, patienceMs }: Pick<TargetOptions, 'start' | 'patienceMs'>,
): Target {
  const tokens: Readonly<Record<Who, string | undefined>> = {
    user: platform.token,
    other: platform.users.find(({ name }) => name === 'guest')?.token,
    outsider: platform.users.find(({ name }) => name === 'outsider')?.token,
    nobody: undefined,
  };
  const access: Access = {
    root: platform.url,
    ca: readFileSync(platform.ca, 'utf8'),
    credential: (who) => {
      const token = tokens[who];
      return token === undefined ? undefined : { token };
    },
  };
  return new Target({ access, unmet: new Map(), patienceMs, start });
}

/** One statement of the contract, or a part of it. */
export interface Case {
  /** Number in the checklist of the contract. */
  readonly number: number;
  readonly title: string;
  readonly needs?: readonly Need[] | undefined;
  run(target: Target): Promise<void>;
}
