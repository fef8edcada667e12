import { type BigIntStats, constants } from 'node:fs';
import {
  type FileHandle,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';

/** A name as the file system has it, which need not be UTF-8. */
export type RawName = string | Buffer;

const isLinux = process.platform === 'linux';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * An open directory. What is done in it is done in this very directory, whatever becomes of its name
 * meanwhile: on Linux each name is looked up behind its handle (`/proc/self/fd/N/NAME`), one step at a
 * time, and no link is followed. Other systems have no such address. There the path is used, and it
 * is compared with the handle before each use, which leaves a session a moment to step in; such
 * systems have no sandbox either.
 */
export class Directory {
  readonly stats: BigIntStats;
  readonly #handle: FileHandle;
  readonly #path: string;

  private constructor(handle: FileHandle, path: string, stats: BigIntStats) {
    this.#handle = handle;
    this.#path = path;
    this.stats = stats;
  }

  /** Opens a directory that only the owner of the platform can replace. */
  static async root(path: string): Promise<Directory> {
    return await Directory.#open(path, path, O_RDONLY | O_DIRECTORY);
  }

  static async #open(address: RawName, path: string, flags: number): Promise<Directory> {
    const handle = await open(address, flags);
    try {
      return new Directory(handle, path, await handle.stat({ bigint: true }));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Opens a directory in this one; a link is refused (`ELOOP` or `ENOTDIR`). */
  async enter(name: RawName): Promise<Directory> {
    const path = `${this.#path}/${name.toString()}`;
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return await Directory.#open(await this.#at(name), path, flags);
  }

  /** Opens a file to be read. A link is refused, and a pipe does not hold anybody up. */
  async read(name: string): Promise<FileHandle> {
    return await open(await this.#at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }

  /** Makes a file that must not be there. */
  async create(name: string, mode: number): Promise<FileHandle> {
    return await open(await this.#at(name), 'wx', mode);
  }

  /** What is at a name, of a link the link itself; undefined for nothing. */
  async look(name: RawName): Promise<BigIntStats | undefined> {
    try {
      return await lstat(await this.#at(name), { bigint: true });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async target(name: string): Promise<string> {
    return await readlink(await this.#at(name));
  }

  /** All names, in no order. */
  async names(): Promise<Buffer[]> {
    return await readdir(await this.#own(), { encoding: 'buffer' });
  }

  async make(name: string, mode: number): Promise<void> {
    await mkdir(await this.#at(name), { mode });
  }

  async link(name: string, target: string): Promise<void> {
    await symlink(target, await this.#at(name));
  }

  async remove(name: RawName): Promise<void> {
    await unlink(await this.#at(name));
  }

  async removeDirectory(name: RawName): Promise<void> {
    await rmdir(await this.#at(name));
  }

  /** Moves what is here to another directory; a file that is there is replaced in one step. */
  async move(name: RawName, to: Directory, newName: RawName): Promise<void> {
    await rename(await this.#at(name), await to.#at(newName));
  }

  /** Changes the owner and group of what is at a name, of a link those of the link itself. */
  async give(name: string, uid: number, gid: number): Promise<void> {
    await lchown(await this.#at(name), uid, gid);
  }

  /** What changed in this directory is on the disk when this resolves. */
  async flush(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #own(): Promise<string> {
    if (isLinux) return `/proc/self/fd/${this.#handle.fd}`;
    const now = await lstat(this.#path, { bigint: true });
    if (now.ino === this.stats.ino && now.dev === this.stats.dev) return this.#path;
    throw Object.assign(new Error('the directory was replaced'), { code: 'ENOENT' });
  }

  async #at(name: RawName): Promise<RawName> {
    const own = await this.#own();
    return typeof name === 'string'
      ? `${own}/${name}`
      : Buffer.concat([Buffer.from(`${own}/`), name]);
  }
}
