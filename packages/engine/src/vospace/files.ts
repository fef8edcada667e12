import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { empty, type Reply, text, withHeaders } from '@skaha/service/reply.js';
import { disk } from '../disk/directory.js';
import { checksumOf, identityOf } from './attributes.js';
import type { StorageCall } from './call.js';
import { expectedOf } from './checksums.js';
import { asFault, shown, VospaceFault } from './fault.js';
import { type Path, readPath } from './paths.js';
import { Preauth } from './preauth.js';
import { headerValue } from './properties.js';
import { conditionStatus, etagOf, type Part, partOf } from './ranges.js';
import { receive } from './receiving.js';
import { type Caller, created } from './spaces.js';
import type { StagedFile } from './staging.js';
import type { Entry, FolderPlace } from './tree.js';

/** How long an upload may stall, in milliseconds. */
const silenceMs = 120_000;

/** How many bytes are read at a time. */
const portion = 512 * 1024;

/** Files up to this size are sent whole, which is cheaper than a stream. */
const little = 32 * 1024;

/** `GET`, `HEAD` and `PUT /files/PATH`: the bytes themselves. */
export async function filesResource(call: StorageCall): Promise<Reply> {
  const { path, caller } = whoAndWhere(call);
  if (path.length === 0) throw new VospaceFault('InvalidArgument', 'the root is a folder');
  return call.method === 'PUT' ? await put(call, path, caller) : await get(call, path, caller);
}

/** A signed address is valid for its path and direction, whoever uses it. */
function whoAndWhere({ rest, method, caller, store }: StorageCall): { path: Path; caller: Caller } {
  const [token = '', ...path] = readPath(rest);
  if (!Preauth.isToken(token)) return { path: readPath(rest), caller };
  const grant = store.preauth.check(token, path);
  if (grant.direction !== (method === 'PUT' ? 'write' : 'read')) {
    throw new VospaceFault('PermissionDenied', `this address is only for ${grant.direction}`);
  }
  return { path, caller: { user: grant.user } };
}

async function get(call: StorageCall, path: Path, caller: Caller): Promise<Reply> {
  const { tree } = call.store;
  const place = await tree.entry(path, caller, true);
  let file: FileHandle | undefined;
  try {
    requireData(place.entry);
    const opened = await place.folder.read(place.name);
    file = opened.file;
    // Use the metadata of the open file: its name may refer to another file by now.
    const entry = tree.describe(place.path, opened.stats, place.folderAccess);
    requireData(entry);
    tree.requireRead(caller, entry.access, place.path);
    const reply = await contentReply(call, entry, file);
    // From here on the reply closes it.
    if (reply.content !== undefined) file = undefined;
    return reply;
  } finally {
    await file?.close();
    place.folder.close();
  }
}

function requireData({ kind, path }: Entry): void {
  if (kind !== 'data') throw new VospaceFault('InvalidArgument', `${shown(path)} is not a file`);
}

async function contentReply(
  { request, method }: StorageCall,
  entry: Entry,
  file: FileHandle,
): Promise<Reply> {
  const { stats, attributes } = entry;
  const size = Number(stats.size);
  const etag = etagOf(stats);
  const headers = { ...contentHeaders(entry), etag, 'accept-ranges': 'bytes' };
  const status = conditionStatus(request.headers, etag);
  if (status === 412)
    throw new VospaceFault('InvalidData', 'the file has been replaced in the meantime');
  if (status === 304) return withHeaders(empty(304), headers);
  const part = partOf(request.headers, size, etag);
  if (part === 'unsatisfiable') {
    const refusal = text(`InvalidArgument: there are ${size} bytes`, 416);
    return withHeaders(refusal, { 'content-range': `bytes */${size}` });
  }
  const md5 = checksumOf(attributes, stats);
  const digest = md5 === undefined ? {} : { digest: digestOf(md5) };
  const type = { 'content-type': attributes.type ?? 'application/octet-stream' };
  const all = { ...headers, ...digest, ...type };
  if (method === 'HEAD') {
    return withHeaders(empty(), { ...all, 'content-length': String(size) });
  }
  if (size === 0) return withHeaders(empty(204), all);
  const ranged = part === undefined ? {} : { 'content-range': contentRange(part, size) };
  const answer = withHeaders(empty(part === undefined ? 200 : 206), { ...all, ...ranged });
  const wanted = part ?? { start: 0, length: size };
  const bytes = wanted.length <= little ? await readAtOnce(file, wanted) : undefined;
  return bytes === undefined
    ? { ...answer, content: streamOf(file, wanted) }
    : { ...answer, bytes };
}

/** Undefined if the file has become shorter meanwhile. */
async function readAtOnce(file: FileHandle, { start, length }: Part): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await disk.run(() =>
    file.read(Buffer.alloc(length), 0, length, start),
  );
  return bytesRead === length ? buffer : undefined;
}

const contentRange = ({ start, length }: Part, size: number) =>
  `bytes ${start}-${start + length - 1}/${size}`;

function streamOf(file: FileHandle, { start, length }: Part) {
  let at = start;
  const stream = new Readable({
    highWaterMark: portion,
    read() {
      const bytes = Buffer.allocUnsafeSlow(Math.min(portion, start + length - at));
      disk
        .run(() => file.read(bytes, 0, bytes.length, at))
        .then(
          ({ bytesRead }) => {
            at += bytesRead;
            this.push(bytes.subarray(0, bytesRead));
            // If there is nothing more to read, the file has become shorter.
            if (bytesRead === 0 || at === start + length) this.push(null);
          },
          (error: Error) => this.destroy(error),
        );
    },
    destroy(error, done) {
      file.close().then(() => done(error), done);
    },
  });
  return { size: length, stream };
}

/** In the format of the real service, which its clients expect. */
const digestOf = (md5: string): string => `md5=${Buffer.from(md5, 'hex').toString('base64')}`;

/** Keeps a browser from treating a user's file as a page of the platform. */
function contentHeaders({ path, attributes, stats }: Entry): Record<string, string> {
  const name = path.at(-1) ?? '';
  const plain = name.replace(/[^\x20-\x7e]|["\\;%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    'content-disposition': `inline; filename="${plain}"; filename*=UTF-8''${encoded}`,
    'last-modified': new Date(Number(stats.mtimeMs)).toUTCString(),
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
    ...(attributes.encoding === undefined ? {} : { 'content-encoding': attributes.encoding }),
  };
}

async function put(call: StorageCall, path: Path, caller: Caller): Promise<Reply> {
  const { request, store } = call;
  const place = await store.tree.resolve(path, caller, true);
  try {
    requireTarget(call, place, caller);
    // Transactions are not supported; the client then sends all bytes at once.
    if (request.headers['x-put-txn-op'] === 'start' && request.headers['content-length'] === '0') {
      if (request.headers['x-put-txn-total-length'] !== undefined) return empty(200);
    }
    const staged = await store.staging.file();
    try {
      return await storeBody(call, place, staged, caller);
    } finally {
      await staged.close();
    }
  } catch (error) {
    throw asFault(error, place.path) ?? error;
  } finally {
    place.folder.close();
  }
}

/** Whether the caller may put a file at a place. */
export function requireTarget(
  { store }: Pick<StorageCall, 'store'>,
  place: FolderPlace,
  caller: Caller,
) {
  const { entry, path, folderAccess } = place;
  if (path.length < 3) throw new VospaceFault('InvalidArgument', `${shown(path)} is a folder`);
  store.tree.requireWrite(caller, entry?.access ?? folderAccess, path);
  if (entry !== undefined && entry.kind !== 'data') {
    throw new VospaceFault('InvalidArgument', `${shown(path)} is not a file`);
  }
}

async function storeBody(
  { request, store }: StorageCall,
  place: FolderPlace,
  staged: StagedFile,
  caller: Caller,
): Promise<Reply> {
  const { headers } = request;
  const { entry, path } = place;
  const length = headers['content-length'] === undefined ? 0 : Number(headers['content-length']);
  const before = entry === undefined ? 0 : Number(entry.stats.size);
  const type = headerValue('Content-Type', headers['content-type']);
  const encoding = headerValue('Content-Encoding', headers['content-encoding']);
  const expected = expectedOf(headers);
  const room = await store.quotas.reserve(path, Math.max(0, length - before));
  let stays = 0;
  try {
    request.setTimeout(silenceMs, () => request.destroy());
    let arrived = 0;
    const received = await receive(request, {
      file: staged.handle,
      hashing: store.hashing,
      expected,
      arrived: (bytes) => {
        arrived += bytes;
        // Space for the announced length is reserved already.
        const beyond = arrived - Math.max(length, before);
        if (beyond > 0) room.grow(Math.min(bytes, beyond));
      },
    });
    const ownership = store.ownershipIn(place.folder, path);
    const mode = entry === undefined ? 0o644 : Number(entry.stats.mode) & 0o777;
    const stats = await staged.setPermissions(mode, ownership);
    const { size, md5 } = received;
    store.attributes.set(identityOf(stats, path), {
      ...entry?.attributes,
      access: entry?.attributes.access ?? accessFor(place, caller),
      checksum: { md5, size: String(size), modified: String(stats.mtimeNs) },
      type: type ?? entry?.attributes.type,
      encoding,
    });
    await staged.place(place.folder, place.name);
    if (entry?.stats.nlink === 1n) store.attributes.remove(identityOf(entry.stats, path));
    stays = size - before;
    return withHeaders(empty(201), { digest: digestOf(md5), etag: etagOf(stats) });
  } finally {
    room.settle(stays);
  }
}

/** The permissions of a file that a session created still follow from its folder. */
function accessFor({ entry, folderAccess }: FolderPlace, { user }: Caller) {
  return entry === undefined && user !== undefined ? created(folderAccess, user) : undefined;
}
