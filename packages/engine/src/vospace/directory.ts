import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
} from 'node:fs';
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
import { promisify } from 'node:util';

/** A name as the file system has it, which need not be UTF-8. */
export type RawName = string | Buffer;

const isLinux = process.platform === 'linux';

const flushed = promisify(fsync);

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
  readonly #fd: number;
  readonly #path: string;
  #isOpen = true;

  private constructor(fd: number, path: string, stats: BigIntStats) {
    this.#fd = fd;
    this.#path = path;
    this.stats = stats;
  }

  /** Opens a directory that only the owner of the platform can replace. */
  static root(path: string): Directory {
    return Directory.#open(path, path, O_RDONLY | O_DIRECTORY);
  }

  static #open(address: RawName, path: string, flags: number): Directory {
    const fd = openSync(address, flags);
    try {
      return new Directory(fd, path, fstatSync(fd, { bigint: true }));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Opens a directory in this one; a link is refused (`ELOOP` or `ENOTDIR`). */
  enter(name: RawName): Directory {
    const path = `${this.#path}/${name.toString()}`;
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return Directory.#open(this.#at(name), path, flags);
  }

  /** Opens a file to be read. A link is refused, and a pipe does not hold anybody up. */
  async read(name: string): Promise<FileHandle> {
    return await open(this.#at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }

  /** Makes a file that must not be there. */
  async create(name: string, mode: number): Promise<FileHandle> {
    return await open(this.#at(name), 'wx', mode);
  }

  /** What is at a name, of a link the link itself; undefined for nothing. */
  async look(name: RawName): Promise<BigIntStats | undefined> {
    try {
      return await lstat(this.#at(name), { bigint: true });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** As {@link look}, at once: for the steps of a walk. */
  lookNow(name: string): BigIntStats | undefined {
    return lstatSync(this.#at(name), { bigint: true, throwIfNoEntry: false });
  }

  async target(name: string): Promise<string> {
    return await readlink(this.#at(name));
  }

  /** All names, in no order. */
  async names(): Promise<Buffer[]> {
    return await readdir(this.#own(), { encoding: 'buffer' });
  }

  async make(name: string, mode: number): Promise<void> {
    await mkdir(this.#at(name), { mode });
  }

  async link(name: string, target: string): Promise<void> {
    await symlink(target, this.#at(name));
  }

  async remove(name: RawName): Promise<void> {
    await unlink(this.#at(name));
  }

  async removeDirectory(name: RawName): Promise<void> {
    await rmdir(this.#at(name));
  }

  /** Moves what is here to another directory; a file that is there is replaced in one step. */
  async move(name: RawName, to: Directory, newName: RawName): Promise<void> {
    await rename(this.#at(name), to.#at(newName));
  }

  /** Changes the owner and group of what is at a name, of a link those of the link itself. */
  async give(name: string, uid: number, gid: number): Promise<void> {
    await lchown(this.#at(name), uid, gid);
  }

  /** What changed in this directory is on the disk when this resolves. */
  async flush(): Promise<void> {
    await flushed(this.#fd);
  }

  /** Closes the handle; its number may be another file's then, so that is done once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }

  #own(): string {
    if (!this.#isOpen) throw new Error('the directory is closed');
    if (isLinux) return `/proc/self/fd/${this.#fd}`;
    const now = lstatSync(this.#path, { bigint: true });
    if (now.ino === this.stats.ino && now.dev === this.stats.dev) return this.#path;
    throw Object.assign(new Error('the directory was replaced'), { code: 'ENOENT' });
  }

  #at(name: RawName): RawName {
    const own = this.#own();
    return typeof name === 'string'
      ? `${own}/${name}`
      : Buffer.concat([Buffer.from(`${own}/`), name]);
  }
}
