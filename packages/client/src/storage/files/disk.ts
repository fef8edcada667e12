import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '@skaha/base/system-code.js';
import type { CallOptions } from '../../client/options.js';
import { SkahaError } from '../../errors/index.js';
import { childPath, invalidName, nameProblem } from '../paths.js';
import type { EntryKind, EntryOptions, Tree, TreeEntry } from './types.js';

/** How the names of unfinished downloads begin; they are nobody's data. */
export const unfinished = '.skaha-';
const unfinishedName = /^\.skaha-[0-9a-f-]+\.(?:part|json)$/;

const words: Readonly<Record<string, [what: string, hint: string]>> = {
  EACCES: ['may not be used', 'Check its permissions.'],
  EPERM: ['may not be used', 'Check its permissions.'],
  ENOENT: ['does not exist', 'Check its spelling.'],
  ENOTDIR: ['leads through something that is not a folder', 'Check the path.'],
  EISDIR: ['is a folder', 'Copy it with -r, or give a file.'],
  ENOSPC: [
    'does not fit: the disk is full',
    'Free some space, then repeat the command: it resumes where it stopped.',
  ],
  EDQUOT: [
    'does not fit: your quota on this machine is used up',
    'Free some space, then repeat the command.',
  ],
  EROFS: ['is on a disk that cannot be written to', 'Choose another place.'],
  ENAMETOOLONG: ['has a name that is too long for this disk', 'Choose another place or name.'],
  ELOOP: ['leads through a loop of links', 'Check the links.'],
};

/** The error for a file of this machine that cannot be used. */
export function diskError(path: string, cause: unknown): SkahaError {
  if (cause instanceof SkahaError) return cause;
  const code = systemCode(cause) ?? '';
  const [what, hint] = words[code] ?? [`cannot be used (${code || String(cause)})`, 'Check it.'];
  const kind = code === 'ENOENT' ? 'storage.not_found' : 'storage.local';
  return new SkahaError(kind, `${path} ${what}.`, { id: path, cause, hint });
}

/** MD5 of a file of this machine. */
export async function diskMd5(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('md5');
  try {
    const stream = createReadStream(path, { highWaterMark: 1024 * 1024, signal });
    for await (const chunk of stream) hash.update(chunk as Buffer);
  } catch (cause) {
    signal?.throwIfAborted();
    throw diskError(path, cause);
  }
  return hash.digest('hex');
}

/** What this machine cannot take as a name, although the service can. */
function localProblem(name: string): string | undefined {
  if (sep === '\\' && /[<>:"|?*\\]|[. ]$/.test(name)) return 'cannot be written on this system';
  return nameProblem(name);
}

/** A folder or a file of this machine. */
export class DiskTree implements Tree {
  readonly label: string;
  readonly root: string;
  /** Folders that are known to be there, and to be no links. */
  readonly #safe = new Set<string>();

  constructor(path: string, label = path) {
    this.root = path;
    this.label = label;
  }

  /** The place of an entry on this machine. */
  place(path: string): string {
    return path === '' ? this.root : join(this.root, ...path.split('/'));
  }

  async top(): Promise<TreeEntry | undefined> {
    try {
      // The one that was named is followed: the user knows what it leads to.
      const found = await stat(this.root);
      const kind = found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
      return { path: '', kind, sizeBytes: found.size, modified: found.mtime };
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw diskError(this.root, cause);
    }
  }

  async *entries({ links, signal }: EntryOptions): AsyncGenerator<TreeEntry, void> {
    const real = await realpath(this.root).catch((cause) => {
      throw diskError(this.root, cause);
    });
    yield* this.#below('', [real], links, signal);
  }

  async *#below(
    folder: string,
    above: readonly string[],
    links: EntryOptions['links'],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TreeEntry, void> {
    const place = this.place(folder);
    const names = await readdir(place).catch((cause) => {
      throw diskError(place, cause);
    });
    for (const name of names.sort()) {
      signal?.throwIfAborted();
      if (unfinishedName.test(name)) continue;
      const path = folder === '' ? name : childPath(folder, name);
      const entry = await this.#entry(path, name, links);
      if (entry.kind !== 'folder') {
        yield entry;
        continue;
      }
      const real = await realpath(this.place(path));
      if (above.includes(real)) {
        yield { ...entry, kind: 'other', problem: 'is part of a loop of links' };
        continue;
      }
      yield entry;
      yield* this.#below(path, [...above, real], links, signal);
    }
  }

  async #entry(path: string, name: string, links: EntryOptions['links']): Promise<TreeEntry> {
    const unknown = { path, kind: 'other', sizeBytes: undefined, modified: undefined } as const;
    try {
      const own = await lstat(this.place(path));
      const found = own.isSymbolicLink() && links === 'follow' ? await stat(this.place(path)) : own;
      const kind: EntryKind = found.isSymbolicLink()
        ? 'link'
        : found.isDirectory()
          ? 'folder'
          : found.isFile()
            ? 'file'
            : 'other';
      return {
        path,
        kind,
        sizeBytes: found.size,
        modified: found.mtime,
        problem: nameProblem(name),
      };
    } catch (cause) {
      // A name that is no UTF-8 was read as another one, under which nothing is.
      const problem = name.includes('\uFFFD')
        ? 'has a name that is not UTF-8'
        : diskError('it', cause).message.replace(/^it |\.$/g, '');
      return { ...unknown, problem };
    }
  }

  /** Makes folders, none of which may lead elsewhere. */
  async makeFolder(path: string): Promise<void> {
    const names = path === '' ? [] : path.split('/');
    await this.#makeTop();
    let at = this.root;
    for (const name of names) {
      const problem = localProblem(name);
      if (problem !== undefined) throw invalidName(name, problem);
      at = join(at, name);
      if (this.#safe.has(at)) continue;
      await mkdir(at).catch((cause) => {
        if (systemCode(cause) !== 'EEXIST') throw diskError(at, cause);
      });
      const found = await lstat(at);
      if (!found.isDirectory()) throw leadsElsewhere(at, found.isSymbolicLink());
      this.#safe.add(at);
    }
  }

  async #makeTop(): Promise<void> {
    if (this.#safe.has(this.root)) return;
    try {
      await mkdir(this.root, { recursive: true });
    } catch (cause) {
      throw diskError(this.root, cause);
    }
    this.#safe.add(this.root);
  }

  /** Where a file may be put; its folder is made. */
  async target(path: string): Promise<string> {
    if (path === '') return this.root;
    const names = path.split('/');
    const name = names.pop() ?? '';
    const problem = localProblem(name);
    if (problem !== undefined) throw invalidName(name, problem);
    await this.makeFolder(names.join('/'));
    return this.place(path);
  }

  async remove({ path, kind }: TreeEntry): Promise<void> {
    if (path === '') throw new Error('the top folder is not removed');
    // Never through a link: what is behind it is somebody else's.
    await this.#noLinkAbove(path);
    const place = this.place(path);
    await rm(place, { recursive: kind === 'folder', force: true }).catch((cause) => {
      throw diskError(place, cause);
    });
  }

  async #noLinkAbove(path: string): Promise<void> {
    const names = path.split('/').slice(0, -1);
    let at = this.root;
    for (const name of names) {
      at = join(at, name);
      const found = await lstat(at).catch(() => undefined);
      if (found?.isSymbolicLink() === true) throw leadsElsewhere(at, true);
    }
  }

  md5({ path }: TreeEntry, { signal }: CallOptions): Promise<string> {
    return diskMd5(this.place(path), signal);
  }
}

const leadsElsewhere = (path: string, isLink: boolean): SkahaError =>
  new SkahaError(
    'storage.local',
    isLink
      ? `${path} is a link; nothing is written or removed through it.`
      : `${path} is not a folder.`,
    { id: path, hint: 'Remove it, or choose another place.' },
  );
