import {
  type BigIntStats,
  close,
  constants,
  fstat,
  fsync,
  lstat,
  lstatSync,
  open as openFd,
} from 'node:fs';
import {
  type FileHandle,
  lchown,
  link,
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
import { systemCode } from '@skaha/service/errors.js';
import { backgroundClock } from '@skaha/service/steady-clock.js';
import { DiskCalls } from './disk-calls.js';

/** A name as the file system has it, which need not be UTF-8. */
export type RawName = string | Buffer;

const isLinux = process.platform === 'linux';

/** Large folders are looked at entry by entry: these take a third less than the same of promises. */
const [opened, looked, flushed] = [promisify(openFd), promisify(fstat), promisify(fsync)];
const lookedAt = promisify(lstat);

/** Threads in which Node asks the system, unless somebody set it. */
const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);

/**
 * The threads belong to the whole process, so all platforms in it share their number. How long a disk
 * takes has nothing to do with the clock of a platform, which tests and faults move.
 */
export const disk = new DiskCalls({
  clock: backgroundClock,
  atOnce: Math.max(1, threads - 1),
  patienceMs: 20_000,
});

/** Nobody needs to know when it is closed, or whether. */
const closeLater = (fd: number): void => close(fd, () => undefined);

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** What has been written may take its time to come to a disk that is busy. */
export const slowDisk = { patienceMs: 120_000 };

/** A file that was opened, and what it is. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly stats: BigIntStats;
}

const closeHandle = (late: FileHandle): void => void late.close().catch(() => undefined);

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
  static async root(path: string): Promise<Directory> {
    return await Directory.#open(path, path, O_RDONLY | O_DIRECTORY);
  }

  /** Opens a directory in one that only the owner of the platform can replace; a link is refused. */
  static async below(path: string): Promise<Directory> {
    return await Directory.#open(path, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }

  static async #open(address: RawName, path: string, flags: number): Promise<Directory> {
    const open = async () => {
      const fd = await opened(address, flags);
      try {
        return new Directory(fd, path, await looked(fd, { bigint: true }));
      } catch (error) {
        closeLater(fd);
        throw error;
      }
    };
    return await disk.run(open, { late: (late) => late.close() });
  }

  /** Opens a directory in this one; a link is refused (`ELOOP` or `ENOTDIR`). */
  async enter(name: RawName): Promise<Directory> {
    const path = `${this.#path}/${name.toString()}`;
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return await Directory.#open(this.#at(name), path, flags);
  }

  /** Opens a file to be read. A link is refused, and a pipe does not hold anybody up. */
  async read(name: string): Promise<OpenFile> {
    const read = async () => {
      const file = await open(this.#at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        return { file, stats: await file.stat({ bigint: true }) };
      } catch (error) {
        closeHandle(file);
        throw error;
      }
    };
    return await disk.run(read, { late: ({ file }) => closeHandle(file) });
  }

  /** Makes a file that must not be there. */
  async create(name: string, mode: number): Promise<FileHandle> {
    return await disk.run(() => open(this.#at(name), 'wx', mode), { late: closeHandle });
  }

  /** What is at a name, of a link the link itself; undefined for nothing. */
  async look(name: RawName): Promise<BigIntStats | undefined> {
    try {
      return await disk.run(() => lookedAt(this.#at(name), { bigint: true }));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async target(name: string): Promise<string> {
    return await disk.run(() => readlink(this.#at(name)));
  }

  /** All names, in no order. */
  async names(): Promise<Buffer[]> {
    return await disk.run(() => readdir(this.#own(), { encoding: 'buffer' }));
  }

  async make(name: string, mode: number): Promise<void> {
    await disk.run(() => mkdir(this.#at(name), { mode }));
  }

  async link(name: string, target: string): Promise<void> {
    await disk.run(() => symlink(target, this.#at(name)));
  }

  async remove(name: RawName): Promise<void> {
    await disk.run(() => unlink(this.#at(name)));
  }

  async removeDirectory(name: RawName): Promise<void> {
    await disk.run(() => rmdir(this.#at(name)));
  }

  /** Moves what is here to another directory; a file that is there is replaced in one step. */
  async move(name: RawName, to: Directory, newName: RawName): Promise<void> {
    await disk.run(() => rename(this.#at(name), to.#at(newName)));
  }

  /** Gives what is here, of a link the link itself, a second name, at which nothing may be. */
  async alias(name: string, to: Directory, newName: string): Promise<void> {
    await disk.run(() => link(this.#at(name), to.#at(newName)));
  }

  /** Changes the owner and group of what is at a name, of a link those of the link itself. */
  async give(name: string, uid: number, gid: number): Promise<void> {
    await disk.run(() => lchown(this.#at(name), uid, gid));
  }

  /** What changed in this directory is on the disk when this resolves. */
  async flush(): Promise<void> {
    await disk.run(() => flushed(this.#fd), slowDisk);
  }

  /** Closes the handle; its number may be another file's then, so that is done once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeLater(this.#fd);
  }

  #own(): string {
    if (!this.#isOpen) throw new Error('the directory is closed');
    if (isLinux) return `/proc/self/fd/${this.#fd}`;
    // There is no hurry there, and no session to guard against.
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
