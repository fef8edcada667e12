import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataLayout } from '@skaha/service/data.js';
import { Directory, disk, type RawName, slowDisk } from '../disk/directory.js';

/** Trees are removed in place down to this depth; anything deeper is moved up first. */
const deepest = 48;

/** The numbers of an owner and a group. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

const newName = () => randomBytes(12).toString('hex');

/**
 * A folder next to the homes, on the same disk, that neither sessions nor clients see. Uploads are
 * there until they are complete, and deeply nested folders are moved there to be removed. Leftovers
 * of an earlier platform are removed at the start.
 */
export class Staging {
  readonly #path: string;

  constructor(layout: DataLayout) {
    this.#path = join(dirname(dirname(layout.home('any'))), '.staging');
  }

  async prepare(): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    await this.sweep();
  }

  /** Opens the folder. */
  async open(): Promise<Directory> {
    return await Directory.root(this.#path);
  }

  /** Runs `work` with a temporary folder for what is nested too deeply. */
  async withTrash(work: (trash: Directory) => Promise<void>): Promise<void> {
    const folder = await this.open();
    const name = newName();
    try {
      await folder.make(name, 0o700);
      const trash = await folder.enter(name);
      try {
        await work(trash);
      } finally {
        await empty(trash).catch(() => undefined);
        trash.close();
        await folder.removeDirectory(name).catch(() => undefined);
      }
    } finally {
      folder.close();
    }
  }

  /** A new file in the folder; the caller places or closes it. */
  async file(): Promise<StagedFile> {
    const folder = await this.open();
    const name = newName();
    try {
      return new StagedFile(folder, name, await folder.create(name, 0o600));
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /**
   * Creates something out of sight, so that its owner is set before anybody sees it and nobody can
   * replace it meanwhile.
   *
   * @param make - creates it in the folder, under the given name
   * @param place - moves it to its destination
   */
  async with(
    make: (folder: Directory, name: string) => Promise<void>,
    place: (folder: Directory, name: string) => Promise<void>,
  ): Promise<void> {
    const folder = await this.open();
    const name = newName();
    try {
      await make(folder, name);
      await place(folder, name);
    } finally {
      await wipe(folder, name, folder).catch(() => undefined);
      folder.close();
    }
  }

  /** Empties the folder. */
  async sweep(): Promise<void> {
    const folder = await this.open();
    try {
      await empty(folder);
    } finally {
      folder.close();
    }
  }
}

/** Empties a folder; what is nested deeply is moved up to it first, hence the loop. */
async function empty(folder: Directory): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    // Each name is tried once: some cannot be removed.
    const names = (await folder.names()).map(String).filter((name) => !tried.has(name));
    if (names.length === 0) return;
    for (const name of names) {
      tried.add(name);
      await wipe(folder, name, folder).catch(() => undefined);
    }
  }
}

/**
 * Removes a file or a tree without following links. What is nested too deeply to keep all folders
 * open is moved to `trash`.
 */
export async function wipe(folder: Directory, name: RawName, trash: Directory, depth = 0) {
  const stats = await folder.look(name);
  if (stats === undefined) return;
  if (!stats.isDirectory()) return await folder.remove(name);
  if (depth >= deepest) return await folder.move(name, trash, newName());
  const inner = await folder.enter(name);
  try {
    for (const one of await inner.names()) await wipe(inner, one, trash, depth + 1);
  } finally {
    inner.close();
  }
  await folder.removeDirectory(name);
}

/** A file that has not been moved to its destination yet. */
export class StagedFile {
  readonly handle: FileHandle;
  readonly #folder: Directory;
  readonly #name: string;
  #isThere = true;

  constructor(folder: Directory, name: string, handle: FileHandle) {
    this.#folder = folder;
    this.#name = name;
    this.handle = handle;
  }

  /** Sets permissions and owner of the file; resolves to its metadata. */
  async setPermissions(mode: number, ownership: Ownership | undefined): Promise<BigIntStats> {
    const { handle } = this;
    return await disk.run(async () => {
      if (ownership !== undefined) await handle.chown(ownership.uid, ownership.gid);
      await handle.chmod(mode);
      return await handle.stat({ bigint: true });
    });
  }

  /** Moves the file to its destination, replacing another; then it is on disk. */
  async place(folder: Directory, name: string): Promise<void> {
    await disk.run(() => this.handle.sync(), slowDisk);
    await this.#folder.move(this.#name, folder, name);
    this.#isThere = false;
    await folder.flush();
  }

  /** Closes the file, and removes it unless it was placed. */
  async close(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    if (this.#isThere) await this.#folder.remove(this.#name).catch(() => undefined);
    this.#folder.close();
  }
}
