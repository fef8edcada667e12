import { glob } from '@skaha/base/glob.js';
import { type CallOptions, integerIssue, throwIssues } from '../client/options.js';
import { ClientPart, type ClientSource, coreOf } from '../client/source.js';
import { isSkahaError, SkahaError, ValidationError } from '../errors/index.js';
import { makeFolder, makeLink, movePath, removePath, setProperties } from './changing.js';
import { fileChunks } from './content.js';
import { isWithin, normalPath, parentPath } from './paths.js';
import { openService, type ServiceChoice, serviceOf } from './service.js';
import type {
  ByteRange,
  FindOptions,
  ListOptions,
  MakeDirectoryOptions,
  PropertyChanges,
  PropertyOptions,
  ReadOptions,
  RemoveOptions,
  StorageContent,
  StorageNode,
  StorageQuota,
  StorageUsage,
  WriteOptions,
  Written,
} from './types.js';
import { listFolder, walkTree } from './walking.js';
import { writeFile } from './writing.js';

/** Selects a storage service. */
export interface StorageOptions {
  /**
   * Its name on the server, for example `vault`.
   * @defaultValue `arc`, otherwise the server's first service
   */
  service?: string | undefined;
  /**
   * Its address, for example `https://ws-uv.canfar.net/arc`; takes precedence over `service`. The
   * credential of the client is sent to it.
   */
  url?: string | undefined;
}

const usualConcurrency = 8;

/**
 * The files of a user in a VOSpace service such as `arc` or `vault`.
 *
 * Paths begin at the root of the service, for example `/home/ada/stars.fits`. The credential is
 * sent only to the service's own origin.
 *
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { Storage } from 'skaha/storage';
 *
 * await using skaha = new SkahaClient();
 * const arc = new Storage(skaha);
 * await arc.write('/home/ada/hello.txt', 'Hello');
 * for await (const { name, sizeBytes } of arc.list('/home/ada')) console.log(name, sizeBytes);
 * ```
 */
export class Storage extends ClientPart {
  /**
   * @param source - a client to share, or options for a new one
   * @param options - which service; nothing is sent before the first call
   */
  constructor(source: ClientSource = {}, options: StorageOptions = {}) {
    super(source);
    const { service, url } = options;
    const choice: ServiceChoice = { service, url };
    openService(this, coreOf(this), choice);
  }

  /**
   * Returns the address of this storage service.
   *
   * @param options - signal and timeout
   * @returns the root of the service
   * @throws {SkahaError} `storage.service_unknown` and the codes of every call
   */
  async address(options: CallOptions = {}): Promise<string> {
    return (await serviceOf(this).address(options)).url;
  }

  /**
   * Lists a folder. Entries arrive page by page, so a folder of any size takes little memory.
   *
   * @param path - of the folder
   * @param options - size of the pages, signal and timeout
   * @returns its entries, in the order of the service
   * @throws {SkahaError} `storage.not_found`, `storage.forbidden`, `storage.wrong_kind` for a file,
   *   `storage.invalid_name` and the codes of every call
   * @example
   * ```ts
   * import { Storage } from 'skaha/storage';
   *
   * await using arc = new Storage();
   * for await (const { name, kind } of arc.list('/home/ada')) console.log(kind, name);
   * ```
   */
  async *list(path: string, options: ListOptions = {}): AsyncGenerator<StorageNode, void> {
    throwIssues([integerIssue('pageSize', options.pageSize, { minimum: 2, maximum: 10_000 })]);
    yield* listFolder(serviceOf(this), normalPath(path), options);
  }

  /**
   * Describes an entry.
   *
   * @param path - of the entry
   * @param options - signal and timeout
   * @returns what the service knows about it
   * @throws {SkahaError} `storage.not_found`, `storage.forbidden`, `storage.invalid_name` and the
   *   codes of every call
   */
  async info(path: string, options: CallOptions = {}): Promise<StorageNode> {
    return serviceOf(this).info(normalPath(path), options);
  }

  /**
   * Checks whether an entry exists.
   *
   * @param path - of the entry
   * @param options - signal and timeout
   * @throws {SkahaError} `storage.forbidden`, `storage.invalid_name` and the codes of every call
   */
  async exists(path: string, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.info(path, options);
      return true;
    } catch (error) {
      if (isSkahaError(error, 'storage.not_found')) return false;
      throw error;
    }
  }

  /**
   * Reads a file. If the connection breaks, it reconnects and continues where it stopped. The
   * stream of a complete file ends without an error only if its length and checksum match those of
   * the service, so do not use the data before the stream has ended.
   *
   * @param path - of the file
   * @param options - a part of it, signal, and timeout: the longest pause in the transfer
   * @returns its bytes
   * @throws {SkahaError} `storage.not_found`, `storage.forbidden`, `storage.wrong_kind` for a
   *   folder; the stream fails with `storage.checksum` if something else arrived than is there
   * @example
   * ```ts
   * import { Storage } from 'skaha/storage';
   *
   * await using arc = new Storage();
   * const bytes = await arc.read('/home/ada/hello.txt', { range: { startBytes: 0, endBytes: 5 } });
   * console.log(await new Response(bytes).text());
   * ```
   */
  async read(path: string, options: ReadOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const chunks = await this.#chunks(normalPath(path), options);
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const part = await chunks.next();
          if (part.done === true) controller.close();
          else controller.enqueue(part.value);
        },
        cancel: async () => {
          await chunks.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async #chunks(path: string, options: ReadOptions): Promise<AsyncGenerator<Uint8Array, void>> {
    const { range, signal, timeoutMs, verify = true } = options;
    const call = { signal, timeoutMs };
    const node = await this.info(path, call);
    if (node.kind === 'folder') throw wrongKind(path, 'is a folder');
    const { md5, sizeBytes } = node.kind === 'link' ? ({} as Partial<StorageNode>) : node;
    if (range === undefined) {
      const expected = verify ? { md5, sizeBytes } : {};
      const hasher = verify ? coreOf(this).createMd5() : undefined;
      return fileChunks(serviceOf(this), path, { ...call, expected, hasher });
    }
    const { start, end } = boundsOf(range, sizeBytes, path);
    if (end !== undefined && end <= start) return none();
    return fileChunks(serviceOf(this), path, { ...call, start, end });
  }

  /**
   * Writes a file, replacing an existing one. Resolves only if the service's checksum matches what
   * was sent (or the length, if the service keeps no checksum).
   *
   * @param path - of the file
   * @param content - text, bytes, a stream, or a function that returns one of these and can be
   *   called again
   * @param options - media type, length, signal, and timeout: the longest pause in the transfer
   * @returns what was written, and how the service confirmed it
   * @throws {SkahaError} `storage.not_found` if the folder is missing, `storage.exists`,
   *   `storage.forbidden`, `storage.quota`, `storage.locked`, `storage.checksum` if it did not
   *   arrive whole, `storage.uncertain` if the answer was lost and what is there is not known to be
   *   it, and the codes of every call
   * @example
   * ```ts
   * import { Storage } from 'skaha/storage';
   *
   * await using arc = new Storage();
   * const { md5, verified } = await arc.write('/home/ada/notes/today.txt', 'Seeing 0.6"', {
   *   contentType: 'text/plain',
   *   parents: true,
   * });
   * console.log(md5, verified);
   * ```
   */
  async write(path: string, content: StorageContent, options: WriteOptions = {}): Promise<Written> {
    const whole = normalPath(path);
    if (options.exclusive === true && (await this.exists(whole, options))) throw taken(whole);
    const isOnce =
      typeof content === 'object' && !(content instanceof Uint8Array || content instanceof Blob);
    if (options.parents === true && isOnce) await this.#makeParents(whole, options);
    try {
      return await writeFile(serviceOf(this), whole, content, options);
    } catch (error) {
      const isMissing = isSkahaError(error, 'storage.not_found') && options.parents === true;
      if (!isMissing || isOnce) throw error;
      await this.#makeParents(whole, options);
      return writeFile(serviceOf(this), whole, content, options);
    }
  }

  #makeParents(path: string, { signal, timeoutMs }: CallOptions): Promise<void> {
    return makeFolder(serviceOf(this), parentPath(path), { parents: true, signal, timeoutMs });
  }

  /**
   * Copies a file within this storage. The bytes pass through this program, because the services
   * cannot copy. The copy is compared with the original.
   *
   * @param from - path of a file
   * @param to - its new path
   * @param options - as of `write`
   * @throws {SkahaError} those of `read` and `write`
   */
  async copy(from: string, to: string, options: WriteOptions = {}): Promise<Written> {
    const [source, target] = [normalPath(from), normalPath(to)];
    if (source === target) throw same(source);
    const { signal, timeoutMs } = options;
    const call = { signal, timeoutMs };
    const { kind, md5, sizeBytes, contentType } = await this.info(source, call);
    if (kind === 'folder') throw wrongKind(source, 'is a folder');
    const chunks = async function* (this: Storage) {
      const hasher = coreOf(this).createMd5();
      const expected = kind === 'file' ? { md5, sizeBytes } : {};
      yield* fileChunks(serviceOf(this), source, { ...call, hasher, expected });
    }.bind(this);
    const known = kind === 'file' ? sizeBytes : undefined;
    return this.write(target, chunks, { contentType, sizeBytes: known, ...options });
  }

  /**
   * Moves an entry within this storage, with everything in it.
   *
   * @param from - its path
   * @param to - its new path; nothing may exist there
   * @param options - signal and timeout
   * @throws {SkahaError} `storage.not_found`, `storage.exists`, `storage.forbidden`,
   *   `storage.uncertain` if it is not known whether it was moved, and the codes of every call
   */
  async move(from: string, to: string, options: CallOptions = {}): Promise<void> {
    const [source, target] = [normalPath(from), normalPath(to)];
    if (source === target) throw same(source);
    if (source === '/') throw root('moved');
    if (isWithin(target, source)) {
      throw new ValidationError([
        { path: 'to', message: `${source} cannot be moved into itself.` },
      ]);
    }
    const copy = (one: string, other: string) => this.copy(one, other, options);
    await movePath(serviceOf(this), { source, target, copy }, options);
  }

  /**
   * Creates a folder.
   *
   * @param path - of the folder
   * @param options - whether to create missing parent folders too
   * @throws {SkahaError} `storage.exists`, `storage.not_found` if the folder above is missing,
   *   `storage.forbidden`, `storage.quota` and the codes of every call
   */
  async makeDirectory(path: string, options: MakeDirectoryOptions = {}): Promise<void> {
    await makeFolder(serviceOf(this), normalPath(path), options);
  }

  /**
   * Removes an entry.
   *
   * @param path - never the root
   * @param options - `recursive` removes a folder with everything in it
   * @throws {SkahaError} `storage.not_found`, `storage.not_empty`, `storage.forbidden`,
   *   `storage.locked`, `storage.wrong_kind` and the codes of every call
   */
  async remove(path: string, options: RemoveOptions = {}): Promise<void> {
    const whole = normalPath(path);
    if (whole === '/') throw root('removed');
    await removePath(serviceOf(this), whole, options);
  }

  /**
   * Creates a link.
   *
   * @param path - of the link
   * @param to - the path it points to in this storage, or a complete URL
   * @param options - signal and timeout
   * @throws {SkahaError} `storage.exists`, `storage.not_found`, `storage.forbidden` and the codes of
   *   every call
   */
  async link(path: string, to: string, options: CallOptions = {}): Promise<void> {
    const target = to.includes('://') ? to : await serviceOf(this).uri(normalPath(to), options);
    await makeLink(serviceOf(this), normalPath(path), target, options);
  }

  /**
   * Changes who may read and write an entry, or other properties of it.
   *
   * @param path - of the entry
   * @param changes - what you leave out stays as it is
   * @param options - `recursive` changes everything below a folder too
   * @throws {SkahaError} `storage.not_found`, `storage.forbidden`, `storage.locked` and the codes of
   *   every call
   * @example
   * ```ts
   * import { Storage } from 'skaha/storage';
   *
   * await using arc = new Storage();
   * await arc.setProperties('/home/ada/results', { groupsRead: ['survey-team'] }, { recursive: true });
   * ```
   */
  async setProperties(
    path: string,
    changes: PropertyChanges,
    options: PropertyOptions = {},
  ): Promise<void> {
    await setProperties(serviceOf(this), normalPath(path), changes, options);
  }

  /**
   * Returns the quota that applies to a path: that of the nearest parent folder that has one.
   *
   * @param path - for example of the home
   * @param options - signal and timeout
   * @returns undefined if none of the folders has a quota
   * @throws {SkahaError} `storage.not_found` and the codes of every call
   */
  async quota(path: string, options: CallOptions = {}): Promise<StorageQuota | undefined> {
    let at = normalPath(path);
    for (;;) {
      const node = await this.info(at, options).catch((error: unknown) => {
        // What is above may not be looked at.
        if (at === normalPath(path) || !isSkahaError(error) || error.status === undefined)
          throw error;
        return undefined;
      });
      if (node?.quotaBytes !== undefined) {
        return { path: at, quotaBytes: node.quotaBytes, usedBytes: node.sizeBytes };
      }
      if (at === '/') return undefined;
      at = parentPath(at);
    }
  }

  /**
   * Finds entries below a folder. Several folders are listed at the same time, so the order of the
   * entries is not fixed; but a folder comes before its contents.
   *
   * @param path - of the folder
   * @param options - which entries, how deep
   * @throws {SkahaError} those of `list`
   */
  async *find(path: string, options: FindOptions = {}): AsyncGenerator<StorageNode, void> {
    const { concurrency = usualConcurrency, kind, maxDepth, name, signal, timeoutMs } = options;
    throwIssues([
      integerIssue('concurrency', concurrency, { minimum: 1, maximum: 64 }),
      integerIssue('maxDepth', maxDepth, { minimum: 1, maximum: 10_000 }),
    ]);
    const fits = name === undefined ? undefined : glob(name);
    const walk = { concurrency, maxDepth, signal, timeoutMs };
    for await (const node of walkTree(serviceOf(this), normalPath(path), walk)) {
      if (kind !== undefined && node.kind !== kind) continue;
      if (fits === undefined || fits.test(node.name)) yield node;
    }
  }

  /**
   * Counts the files and bytes below a folder, or of a single file.
   *
   * @param path - of a folder or a file
   * @param options - signal and timeout
   * @throws {SkahaError} those of `list`
   */
  async usage(path: string, options: CallOptions = {}): Promise<StorageUsage> {
    const whole = normalPath(path);
    const sum: StorageUsage = { path: whole, files: 0, folders: 0, links: 0, bytes: 0, unknown: 0 };
    const top = await this.info(whole, options);
    if (top.kind !== 'folder') count(sum, top);
    else for await (const node of this.find(whole, options)) count(sum, node);
    return sum;
  }
}

function count(sum: StorageUsage, { kind, sizeBytes }: StorageNode): void {
  if (kind === 'folder') sum.folders += 1;
  else if (kind === 'link') sum.links += 1;
  else {
    sum.files += 1;
    if (sizeBytes === undefined) sum.unknown += 1;
    else sum.bytes += sizeBytes;
  }
}

async function* none(): AsyncGenerator<Uint8Array, void> {}

function boundsOf({ startBytes, endBytes }: ByteRange, size: number | undefined, path: string) {
  const isGood =
    Number.isSafeInteger(startBytes) &&
    (endBytes === undefined ||
      (Number.isSafeInteger(endBytes) && endBytes >= 0 && startBytes >= 0));
  if (!isGood) {
    const message =
      'A range must be in whole numbers of bytes; a range that counts from the end of a file has no end.';
    throw new ValidationError([{ path: 'range', message }]);
  }
  if (startBytes >= 0) return { start: startBytes, end: endBytes };
  if (size === undefined) {
    throw new SkahaError(
      'storage.unsupported',
      `The storage service does not report the length of ${path}.`,
      {
        id: path,
        hint: 'Read all of it.',
      },
    );
  }
  return { start: Math.max(0, size + startBytes), end: size };
}

const wrongKind = (path: string, what: string): SkahaError =>
  new SkahaError('storage.wrong_kind', `${path} ${what}.`, {
    id: path,
    hint: "Copy folders with 'skaha data cp -r', or upload and download them as trees.",
  });

const taken = (path: string): SkahaError =>
  new SkahaError('storage.exists', `${path} already exists.`, {
    id: path,
    hint: 'Choose another name, or remove it first.',
  });

const same = (path: string): ValidationError =>
  new ValidationError([{ path: 'to', message: `Both paths are ${path}.` }]);

const root = (what: string): ValidationError =>
  new ValidationError(
    [{ path: 'path', message: `The root of the storage cannot be ${what}.` }],
    'Give a path below the root.',
  );
