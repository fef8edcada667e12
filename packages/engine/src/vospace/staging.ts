import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataLayout } from '@skaha/service/data.js';
import { Directory, disk, type RawName, slowDisk } from '../disk/directory.js';

/** How deep a tree is taken down in place; what is deeper is moved up first. */
const deepest = 48;

/** The numbers of the owner and the group of something. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

const newName = () => randomBytes(12).toString('hex');

/**
 * A folder next to the homes, on the same disk, that no session and no client sees: uploads stay there
 * until they are complete, and deeply nested folders go there to be removed. What an earlier platform
 * left is removed at the start.
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

  /** Does something with a folder of its own for what is nested too deeply, and empties it then. */
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

  /** A new file in the folder; the caller moves or drops it. */
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
   * Makes something where nobody else is, so that it has all that belongs to it when it is seen, and so
   * that nothing else can be put in its place meanwhile.
   *
   * @param make - makes it, at a name of the folder
   * @param place - puts it where it belongs
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

  /** Removes what is in the folder. */
  async sweep(): Promise<void> {
    const folder = await this.open();
    try {
      await empty(folder);
    } finally {
      folder.close();
    }
  }
}

/** Removes all that is in a folder; what is nested deeply comes up in it meanwhile. */
async function empty(folder: Directory): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    // What cannot be removed must not be tried for ever.
    const names = (await folder.names()).map(String).filter((name) => !tried.has(name));
    if (names.length === 0) return;
    for (const name of names) {
      tried.add(name);
      await wipe(folder, name, folder).catch(() => undefined);
    }
  }
}

/**
 * Takes something down, whatever it is, without ever following a link. What is nested too deeply to
 * hold all of it open goes to `trash`.
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

/** A file that is not where it belongs yet. */
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

  /** Gives the file its permissions and its owner; resolves to what it is then. */
  async setPermissions(mode: number, ownership: Ownership | undefined): Promise<BigIntStats> {
    const { handle } = this;
    return await disk.run(async () => {
      if (ownership !== undefined) await handle.chown(ownership.uid, ownership.gid);
      await handle.chmod(mode);
      return await handle.stat({ bigint: true });
    });
  }

  /** Puts the file at its name, in place of what is there; both are on the disk when this resolves. */
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
