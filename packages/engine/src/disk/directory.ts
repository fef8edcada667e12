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

/** A name in the file system, which need not be UTF-8. */
export type RawName = string | Buffer;

const isLinux = process.platform === 'linux';

/**
 * For large directories, which are read entry by entry, these take a third less time than
 * `fs/promises`.
 */
const [opened, looked, flushed] = [promisify(openFd), promisify(fstat), promisify(fsync)];
const lookedAt = promisify(lstat);

/** How many threads Node uses for file system calls. */
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

/** Nothing depends on when the file is closed, or whether that fails. */
const closeLater = (fd: number): void => close(fd, () => undefined);

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Flushing to a busy disk may take longer than other calls. */
export const slowDisk = { patienceMs: 120_000 };

/** An open file and its metadata. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly stats: BigIntStats;
}

const closeHandle = (late: FileHandle): void => void late.close().catch(() => undefined);

/**
 * An open directory. All operations apply to this very directory, even if it is renamed or replaced
 * meanwhile: on Linux each name is resolved through the handle (`/proc/self/fd/N/NAME`), one name
 * at a time, and no link is followed. Other systems have no such path. There the directory's own
 * path is compared with the handle before each use, so a session could still replace it in between;
 * but those systems have no sandbox either.
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

  /** Opens a directory in one that only the owner of the platform can replace; no link. */
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

  /** Opens a file for reading. A link is refused, and a pipe does not block. */
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

  /** Creates a file, which must not exist yet. */
  async create(name: string, mode: number): Promise<FileHandle> {
    return await disk.run(() => open(this.#at(name), 'wx', mode), { late: closeHandle });
  }

  /** The metadata of an entry (of a link, that of the link itself); undefined if there is none. */
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

  /** All names, in no particular order. */
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

  /** Moves an entry to another directory; an existing file there is replaced atomically. */
  async move(name: RawName, to: Directory, newName: RawName): Promise<void> {
    await disk.run(() => rename(this.#at(name), to.#at(newName)));
  }

  /** Adds a hard link to an entry (or to a link itself); the new name must not exist yet. */
  async alias(name: string, to: Directory, newName: string): Promise<void> {
    await disk.run(() => link(this.#at(name), to.#at(newName)));
  }

  /** Changes the owner and group of an entry (of a link, those of the link itself). */
  async give(name: string, uid: number, gid: number): Promise<void> {
    await disk.run(() => lchown(this.#at(name), uid, gid));
  }

  /** Resolves once all changes to this directory are on disk. */
  async flush(): Promise<void> {
    await disk.run(() => flushed(this.#fd), slowDisk);
  }

  /** Closes the handle, only once: its number may belong to another file afterwards. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeLater(this.#fd);
  }

  #own(): string {
    if (!this.#isOpen) throw new Error('the directory is closed');
    if (isLinux) return `/proc/self/fd/${this.#fd}`;
    // Elsewhere a synchronous call is good enough.
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
