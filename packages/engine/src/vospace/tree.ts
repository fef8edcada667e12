import type { BigIntStats } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataLayout } from '@skaha/service/data.js';
import { systemCode } from '@skaha/service/errors.js';
import { Directory } from '../disk/directory.js';
import { type Access, type AttributeStore, type Attributes, identityOf } from './attributes.js';
import { shown, VospaceFault } from './fault.js';
import type { Path } from './paths.js';
import { type Caller, inherited, type Spaces, topAccess, tops } from './spaces.js';

/** The type of an entry; `other` is, for example, a pipe. */
export type Kind = 'container' | 'data' | 'link' | 'other';

/** An existing file, folder or link. */
export interface Entry {
  readonly path: Path;
  readonly kind: Kind;
  readonly stats: BigIntStats;
  readonly attributes: Attributes;
  readonly access: Access;
}

/** A name in a folder, and the entry with this name if there is one. */
export interface FolderPlace {
  /** With links resolved. */
  readonly path: Path;
  readonly name: string;
  /** The open folder; the caller closes it. */
  readonly folder: Directory;
  /** Permissions of the folder. */
  readonly folderAccess: Access;
  readonly entry: Entry | undefined;
}

/** How many links are followed before they are treated as a loop. */
const mostLinks = 40;

export const kindOf = (stats: BigIntStats): Kind => {
  if (stats.isDirectory()) return 'container';
  if (stats.isFile()) return 'data';
  return stats.isSymbolicLink() ? 'link' : 'other';
};

/** What a tree needs. */
export interface TreeOptions {
  readonly layout: DataLayout;
  readonly spaces: Spaces;
  readonly attributes: AttributeStore;
}

/**
 * The folder `arc` of the data directory as its users may see it. Each path is resolved from the
 * root, name by name, through open directories. Links are read and resolved here, starting again
 * from the root, so that no link leads outside, not even one that replaces a folder meanwhile.
 */
export class Tree {
  readonly #options: TreeOptions;
  readonly #root: string;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#root = dirname(dirname(options.layout.home('any')));
  }

  /** Creates the folders of the root. */
  async prepare(): Promise<void> {
    for (const top of tops) await mkdir(join(this.#root, top), { recursive: true, mode: 0o700 });
  }

  /**
   * Resolves a path below the root. The caller must be allowed to read every folder on it.
   *
   * @param path - at least one name
   * @param follow - whether a link at the end is followed too
   * @throws {VospaceFault} `NodeNotFound`, `PermissionDenied`, `NotAuthenticated`,
   *   `UnreadableLinkTarget`
   */
  async resolve(path: Path, caller: Caller, follow: boolean): Promise<FolderPlace> {
    let ahead = path;
    for (let links = 0; links <= mostLinks; links += 1) {
      const found = await this.#walk(ahead, caller, follow);
      if ('folder' in found) return found;
      ahead = found.ahead;
    }
    throw new VospaceFault('UnreadableLinkTarget', `links form a loop at ${shown(path)}`);
  }

  /** Like {@link resolve}, but the entry must exist. */
  async entry(
    path: Path,
    caller: Caller,
    follow: boolean,
  ): Promise<FolderPlace & { entry: Entry }> {
    const place = await this.resolve(path, caller, follow);
    const { entry } = place;
    if (entry !== undefined && entry.kind !== 'other') return { ...place, entry };
    place.folder.close();
    throw new VospaceFault('NodeNotFound', `there is no ${shown(path)}`);
  }

  /** The root itself. */
  async root(): Promise<{ entry: Entry; folder: Directory }> {
    const folder = await Directory.root(this.#root);
    const { stats } = folder;
    const entry: Entry = { path: [], kind: 'container', stats, attributes: {}, access: topAccess };
    return { entry, folder };
  }

  async #walk(path: Path, caller: Caller, follow: boolean): Promise<FolderPlace | { ahead: Path }> {
    let { folder, folderAccess, depth } = await this.#begin(path, caller);
    try {
      for (const [index, name] of path.entries()) {
        if (index < depth) continue;
        const here = path.slice(0, index + 1);
        const isLast = index === path.length - 1;
        const next = isLast ? undefined : await this.#enter(folder, here);
        if (next !== undefined) {
          folder.close();
          folder = next;
          folderAccess = this.describe(here, next.stats, folderAccess).access;
          this.requireRead(caller, folderAccess, here);
          continue;
        }
        const entry = await this.look(folder, here, folderAccess);
        if (entry?.kind === 'link' && (!isLast || follow)) {
          const ahead = await this.#ahead(folder, entry, caller);
          folder.close();
          return { ahead: [...ahead, ...path.slice(index + 1)] };
        }
        if (isLast) return { path: here, name, folder, folderAccess, entry };
        throw new VospaceFault('NodeNotFound', `there is no folder ${shown(here)}`);
      }
      throw new VospaceFault('InvalidArgument', 'the root is read-only');
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /** The folders above homes and projects contain no links, and everybody may read them. */
  async #begin(path: Path, caller: Caller) {
    const depth = Math.min(2, path.length - 1);
    if (depth < 1) return { folder: (await this.root()).folder, folderAccess: topAccess, depth: 0 };
    const here = path.slice(0, depth);
    const folder = this.#offers(here) ? await this.#below(here) : undefined;
    if (folder === undefined) {
      throw new VospaceFault('NodeNotFound', `there is no folder ${shown(here)}`);
    }
    try {
      const { access } = this.describe(here, folder.stats, topAccess);
      this.requireRead(caller, access, here);
      return { folder, folderAccess: access, depth };
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  async #below(path: Path): Promise<Directory | undefined> {
    return await Directory.below(join(this.#root, ...path)).catch(orNone);
  }

  /** Opens a folder on the path; undefined if it is something else, perhaps a link. */
  async #enter(folder: Directory, path: Path): Promise<Directory | undefined> {
    if (!this.#offers(path)) return undefined;
    return await folder.enter(path.at(-1) ?? '').catch(orNone);
  }

  #offers([top = '', space]: Path): boolean {
    if (!tops.some((one) => one === top)) return false;
    return space === undefined || this.#options.spaces.has(top, space);
  }

  /** The entry with a name in a folder; undefined if there is none, or none that users may see. */
  async look(folder: Directory, path: Path, folderAccess: Access): Promise<Entry | undefined> {
    if (!this.#offers(path)) return undefined;
    const stats = await folder.look(path.at(-1) ?? '');
    if (stats === undefined) return undefined;
    // The platform's own folders are never links: somebody else has put one there.
    if (path.length <= 2 && !stats.isDirectory()) return undefined;
    return this.describe(path, stats, folderAccess);
  }

  /** An entry with its attributes and permissions. */
  describe(path: Path, stats: BigIntStats, folderAccess: Access): Entry {
    const { attributes: store, spaces } = this.#options;
    const [top = '', space = ''] = path;
    const kind = kindOf(stats);
    if (path.length < 2) return { path, kind, stats, attributes: {}, access: topAccess };
    const attributes = store.get(identityOf(stats, path));
    const otherwise = path.length === 2 ? spaces.access(top, space) : inherited(folderAccess);
    return { path, kind, stats, attributes, access: attributes.access ?? otherwise };
  }

  /** Where a link leads; the path is undefined if that is outside the tree. */
  async targetOf(folder: Directory, link: Path): Promise<{ text: string; path: Path | undefined }> {
    const text = await folder.target(link.at(-1) ?? '');
    return { text, path: this.#inside(text, link.slice(0, -1)) };
  }

  async #ahead(folder: Directory, { path, access }: Entry, caller: Caller): Promise<Path> {
    this.requireRead(caller, access, path);
    const target = await this.targetOf(folder, path);
    if (target.path === undefined || target.path.length === 0) {
      throw new VospaceFault('UnreadableLinkTarget', `${shown(path)} leads out of the storage`);
    }
    return target.path;
  }

  /** Links may contain the path of the tree in sessions, or on this machine. */
  #inside(target: string, folder: Path): Path | undefined {
    const beginning = ['/arc', this.#root].find(
      (root) => target === root || target.startsWith(`${root}/`),
    );
    if (target.startsWith('/') && beginning === undefined) return undefined;
    const way = beginning === undefined ? [...folder] : [];
    for (const name of target.slice(beginning?.length ?? 0).split('/')) {
      if (name === '' || name === '.') continue;
      if (name !== '..') way.push(name);
      else if (way.pop() === undefined) return undefined;
    }
    return way;
  }

  requireRead(caller: Caller, access: Access, path: Path): void {
    if (!this.#options.spaces.mayRead(caller, access)) throw denied(caller, path);
  }

  /** @throws {VospaceFault} also `NodeLocked` */
  requireWrite(caller: Caller, access: Access, path: Path): void {
    if (!this.#options.spaces.mayWrite(caller, access)) throw denied(caller, path);
    if (access.locked) throw new VospaceFault('NodeLocked', `${shown(path)} is locked`);
  }
}

/** For something that no longer exists, or is not a folder. */
const orNone = (error: unknown): undefined => {
  if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw error;
};

/** Anonymous callers are asked to authenticate. */
export const denied = ({ user }: Caller, path: Path): VospaceFault =>
  user === undefined
    ? new VospaceFault('NotAuthenticated', `${shown(path)} is not public`)
    : new VospaceFault('PermissionDenied', shown(path));
