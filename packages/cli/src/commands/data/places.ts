import { glob } from '@skaha/base/glob.js';
import { defined } from '@skaha/base/record.js';
import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import type { Io } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaError } from 'skaha';
import { Storage, type StorageNode } from 'skaha/storage';
import { inStorage, onDisk, type Place } from 'skaha/storage/files';
import { readConfiguration } from '../../configuration/configuration.js';
import type { Deps } from '../../environment/deps.js';
import { accountOptions } from '../account.js';

/** What a word of the command line names. */
export type Operand =
  | { kind: 'storage'; name: string; path: string }
  | { kind: 'disk'; path: string }
  | { kind: 'stream' };

/**
 * Tells what a word names: `NAME:/path` is in a storage service, `-` is standard input or output,
 * anything else, and `local:/path`, is on this machine.
 */
export function readOperand(text: string): Operand {
  if (text === '-') return { kind: 'stream' };
  if (text === '') throw usageError('A path is empty.');
  // Imported names may hold dots and the like, so a file with a colon in its name is written ./a:b.
  const found = /^([^-:/\\\s][^:/\\\s]*):(.*)$/s.exec(text);
  const isDrive = process.platform === 'win32' && found?.[1]?.length === 1;
  if (found === null || isDrive) return { kind: 'disk', path: text };
  const [, name = '', path = ''] = found;
  if (name === 'local') return { kind: 'disk', path: path === '' ? '.' : path };
  return { kind: 'storage', name, path: path.startsWith('/') ? path : `/${path}` };
}

/** A place in a storage service. */
export interface Remote {
  name: string;
  storage: Storage;
  path: string;
  /** As people type it. */
  text: string;
}

/** The storage services that one command line names; each is found once. */
export class Storages {
  readonly #io: Io;
  readonly #deps: Deps;
  readonly #open = new Map<string, Promise<Storage>>();
  readonly #closing: (() => Promise<void>)[] = [];

  constructor(io: Io, deps: Deps) {
    this.#io = io;
    this.#deps = deps;
  }

  /** A place in a storage; anything else is a mistake. */
  async remote(text: string): Promise<Remote> {
    const operand = readOperand(text);
    if (operand.kind !== 'storage') {
      throw usageError(
        `'${text}' does not begin with a storage service.`,
        text.startsWith('/')
          ? `Write it like arc:${text}`
          : `Write it like arc:/home/me/${text.replace(/^[./]+/, '')}`,
      );
    }
    const { name, path } = operand;
    const storage = this.#open.get(name) ?? this.#find(name);
    this.#open.set(name, storage);
    return { name, path, text, storage: await storage };
  }

  /** The places that words name, in their order; a pattern may stand for several. */
  async places(words: readonly string[], signal = this.#io.signal): Promise<Remote[]> {
    const places: Remote[] = [];
    for (const word of words) {
      const remote = await this.remote(word);
      const folders = foldersOf(remote.storage, signal);
      const hint = "See what exists: 'skaha data ls'";
      for (const path of await matchingPaths(folders, remote.path, remote.text, hint))
        places.push(path === remote.path ? remote : at(remote, path));
    }
    return places;
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
  }

  async #find(name: string): Promise<Storage> {
    const client = await this.#deps.client();
    const { storage, context } = await client.connection();
    if (Object.hasOwn(storage, name)) return new Storage(client, { service: name });
    const elsewhere = context === undefined ? undefined : await this.#findElsewhere(name, context);
    if (elsewhere !== undefined) return elsewhere;
    const beside = new Storage(client, { service: name });
    try {
      await beside.address({ signal: this.#io.signal });
      return beside;
    } catch (error) {
      throw isSkahaError(error, 'storage.service_unknown')
        ? await this.#unknown(name, error)
        : error;
    }
  }

  /** Through the registries, and among the storage of other servers that were saved. */
  async #findElsewhere(name: string, context: string): Promise<Storage | undefined> {
    const configuration = await readConfiguration(this.#io, this.#deps);
    const own = configuration.contexts[context]?.server;
    if (own !== undefined && configuration.servers[own]?.storage === undefined) {
      const { findStorage } = await import('skaha/account');
      const found = await findStorage({ ...accountOptions(this.#io, this.#deps), server: own });
      const one = found[name];
      if (one !== undefined) return new Storage(await this.#deps.client(), { url: one.url });
    }
    const other = Object.entries(configuration.servers).find(
      ([, { storage }]) => storage !== undefined && Object.hasOwn(storage, name),
    );
    if (other === undefined) return undefined;
    const { config, ca, timeoutMs, retries } = this.#deps.globals;
    const client = await this.#deps.connect({
      ...defined({ config, ca, timeoutMs, retries, server: other[0] }),
      logger: this.#deps.logger,
    });
    this.#closing.push(() => client.close());
    return new Storage(client, { service: name });
  }

  async #unknown(name: string, cause: unknown): Promise<SkahaError> {
    const names = await readConfiguration(this.#io, this.#deps).then(
      ({ servers }) => Object.values(servers).flatMap(({ storage = {} }) => Object.keys(storage)),
      () => [],
    );
    const known = names.length === 0 ? '' : `These are known: ${[...new Set(names)].join(', ')}. `;
    return new SkahaError('storage.service_unknown', `There is no storage service '${name}'.`, {
      cause,
      id: name,
      hint: didYouMean(name, names, `${known}A file on this machine is written ./${name}:…`),
    });
  }
}

/** Runs something with the storage services of a command line, and closes them at its end. */
export async function withStorages<Result>(
  io: Io,
  deps: Deps,
  work: (storages: Storages) => Promise<Result>,
): Promise<Result> {
  const storages = new Storages(io, deps);
  try {
    return await work(storages);
  } finally {
    await storages.close();
  }
}

/** An error about one place. */
export const isAboutPlace = ({ code }: SkahaError): boolean =>
  /^(storage|request)\./.test(code) && code !== 'request.aborted';

/** What is at a place; undefined where nothing is. */
export const nodeAt = (
  { storage, path }: Remote,
  signal: AbortSignal,
): Promise<StorageNode | undefined> =>
  storage.info(path, { signal }).catch((error: unknown) => {
    if (isSkahaError(error, 'storage.not_found')) return undefined;
    throw error;
  });

/** How a place in a storage service is typed. */
export const typed = (name: string, path: string): string => `${name}:${path}`;

const at = (remote: Remote, path: string): Remote => ({
  ...remote,
  path,
  text: typed(remote.name, path),
});

/** Whether a path is a pattern of paths. */
export const isPattern = (path: string): boolean => /[*?]/.test(path);

/** A tree of folders, on this machine or in a storage service. */
interface Folders {
  exists(path: string): Promise<boolean>;
  /** The names in a folder, if it is there; files among them may be left out with `foldersOnly`. */
  names(folder: string, foldersOnly: boolean): Promise<readonly string[]>;
}

/**
 * The paths that a path means: more than one where it holds `*` or `?` and nothing of exactly that
 * name is there.
 *
 * @param text - how the path is typed
 * @param hint - what to do when nothing fits
 * @throws {SkahaError} `storage.not_found` when a pattern fits nothing
 */
export async function matchingPaths(
  folders: Folders,
  path: string,
  text: string,
  hint: string,
): Promise<string[]> {
  if (!isPattern(path) || (await folders.exists(path))) return [path];
  const names = path.split('/').filter((name) => name !== '');
  const paths = await pathsBelow(folders, '', names);
  if (paths.length > 0) return paths.sort();
  throw new SkahaError('storage.not_found', `Nothing matches ${text}.`, { id: text, hint });
}

/** The paths below a folder that names, or patterns of names, may mean. */
async function pathsBelow(
  folders: Folders,
  folder: string,
  [pattern, ...rest]: readonly string[],
): Promise<string[]> {
  if (pattern === undefined) return [folder];
  const isLast = rest.length === 0;
  if (!isPattern(pattern)) {
    const path = `${folder}/${pattern}`;
    return !isLast || (await folders.exists(path)) ? pathsBelow(folders, path, rest) : [];
  }
  const fits = glob(pattern);
  const found: string[] = [];
  for (const name of await folders.names(folder || '/', !isLast)) {
    // As in a shell: what begins with a dot is hidden from a star.
    const isHidden = name.startsWith('.') && !pattern.startsWith('.');
    if (!isHidden && fits.test(name))
      found.push(...(await pathsBelow(folders, `${folder}/${name}`, rest)));
  }
  return found;
}

const foldersOf = (storage: Storage, signal: AbortSignal): Folders => ({
  exists: (path) => storage.exists(path, { signal }),
  names: async (folder, foldersOnly) => {
    const names: string[] = [];
    try {
      for await (const { name, kind } of storage.list(folder, { signal }))
        if (!foldersOnly || kind === 'folder') names.push(name);
    } catch (error) {
      if (!isSkahaError(error, 'storage.not_found')) throw error;
    }
    return names;
  },
});

/** One end of a copy. */
export interface End {
  place: Place;
  /** As people type it. */
  text: string;
  /** The last name of it; empty where there is none. */
  name: string;
  /** Undefined for one on this machine. */
  remote: Remote | undefined;
}

/** An end of a copy in a storage service. */
export const remoteEnd = (remote: Remote): End => ({
  place: inStorage(remote.storage, remote.path, remote.text),
  text: remote.text,
  name: remote.path.split('/').findLast((part) => part !== '') ?? '',
  remote,
});

/** An end of a copy on this machine. */
export const diskEnd = (path: string): End => ({
  place: onDisk(path),
  text: path,
  name: path.split(/[/\\]/).findLast((part) => part !== '' && part !== '.') ?? '',
  remote: undefined,
});

/** The same end, one name further down. */
export function below({ remote, text }: End, name: string): End {
  if (remote === undefined) return diskEnd(`${text}${text.endsWith('/') ? '' : '/'}${name}`);
  return remoteEnd(at(remote, `${withoutTrailingSlashes(remote.path)}/${name}`));
}
