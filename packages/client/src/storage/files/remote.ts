import type { CallOptions } from '../../client/options.js';
import { isSkahaError } from '../../errors/index.js';
import { nodeUri, normalPath, readNodeUri } from '../paths.js';
import { serviceOf } from '../service.js';
import type { Storage } from '../storage.js';
import type { StorageNode } from '../types.js';
import type { EntryOptions, Tree, TreeEntry } from './types.js';

/** A folder or a file of a storage service. */
export class StorageTree implements Tree {
  readonly storage: Storage;
  readonly root: string;
  readonly label: string;

  constructor(storage: Storage, path: string, label?: string) {
    this.storage = storage;
    this.root = normalPath(path);
    this.label = label ?? this.root;
  }

  /** The place of an entry in the storage. */
  place(path: string): string {
    if (path === '') return this.root;
    return this.root === '/' ? `/${path}` : `${this.root}/${path}`;
  }

  async top(call: CallOptions): Promise<TreeEntry | undefined> {
    try {
      const node = await this.storage.info(this.root, call);
      return node.kind === 'link' ? await this.#followed(node, call) : this.#entry(node);
    } catch (error) {
      if (isSkahaError(error, 'storage.not_found')) return undefined;
      throw error;
    }
  }

  async *entries({ links, signal, timeoutMs }: EntryOptions): AsyncGenerator<TreeEntry, void> {
    const call = { signal, timeoutMs };
    for await (const node of this.storage.find(this.root, call)) {
      const follows = node.kind === 'link' && links === 'follow';
      yield follows ? await this.#followed(node, call) : this.#entry(node);
    }
  }

  #entry({ path, kind, sizeBytes, modified, md5 }: StorageNode): TreeEntry {
    const below =
      path === this.root ? '' : path.slice(this.root === '/' ? 1 : this.root.length + 1);
    return { path: below, kind, sizeBytes, modified, md5 };
  }

  /** What a link leads to, when that is a file of the same service. */
  async #followed(link: StorageNode, call: CallOptions): Promise<TreeEntry> {
    const own = this.#entry(link);
    const target = readNodeUri(link.target ?? '');
    const here = await serviceOf(this.storage).uri('/', call);
    if (target === undefined || nodeUri(target.authority, '/') !== here) {
      return { ...own, problem: 'is a link that leads out of this storage service' };
    }
    try {
      const node = await this.storage.info(target.path, call);
      if (node.kind !== 'file')
        return { ...own, problem: 'is a link to something that is not a file' };
      return { ...this.#entry(node), path: own.path };
    } catch (error) {
      if (!isSkahaError(error) || error.status === undefined) throw error;
      return { ...own, problem: 'is a link to something that cannot be read' };
    }
  }

  async makeFolder(path: string, call: CallOptions): Promise<void> {
    await this.storage.makeDirectory(this.place(path), { ...call, parents: true });
  }

  async remove({ path, kind }: TreeEntry, call: CallOptions): Promise<void> {
    if (path === '') throw new Error('the top folder is not removed');
    await this.storage.remove(this.place(path), { ...call, recursive: kind === 'folder' });
  }

  async md5({ md5 }: TreeEntry): Promise<string | undefined> {
    return md5;
  }
}
