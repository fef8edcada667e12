import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
} from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '@skaha/base/logger.js';
import { type DataLayout, instanceOf } from '@skaha/service/data.js';
import { PlatformError, systemCode } from '@skaha/service/errors.js';

/** The longest path of a socket that systems accept, in bytes, less some for its temporary name. */
const maxPath = 90;

const name = 'api.sock';

const ownUid = (): number | undefined => process.getuid?.();

/** Whether only its owner can create or reach anything in a folder. */
const isPrivate = (found: Stats): boolean =>
  found.isDirectory() && found.uid === ownUid() && (found.mode & 0o077) === 0;

const fits = (folder: string): boolean => Buffer.byteLength(join(folder, name)) <= maxPath;

/** A private folder with a short path, the same at every start; undefined if there is none. */
function shortFolder(layout: DataLayout): string | undefined {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const instance = instanceOf(layout.root);
  const candidates = [
    ...(runtime?.startsWith('/') ? [join(runtime, `skaha-${instance}`)] : []),
    // This folder is shared by several users.
    join(tmpdir(), `skaha-${ownUid()}-${instance}`),
  ];
  return candidates.find((folder) => {
    if (!fits(folder)) return false;
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') return false;
    }
    // Another user may have created it first, as a trap.
    return isPrivate(lstatSync(folder));
  });
}

/** Where the socket of a data folder is: inside it, unless that path is too long. */
function folderFor(layout: DataLayout): string | undefined {
  const inside = realpathSync(layout.secrets);
  return fits(inside) ? inside : shortFolder(layout);
}

const identityOf = (path: string): string | undefined => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
};

/**
 * A unix socket through which the owner of a platform reaches it without TLS: its permissions and
 * those of its folder keep others out. It is created and removed only while the data folder is
 * locked, so that there is only one, and no platform removes another's.
 */
export class LocalSocket {
  readonly path: string;
  /** Whether its folder was created only for it. */
  readonly #isApart: boolean;
  readonly #identity: string | undefined;

  private constructor(path: string, isApart: boolean) {
    this.path = path;
    this.#isApart = isApart;
    this.#identity = identityOf(path);
  }

  /**
   * Lets a server listen on the socket of a data folder. A leftover socket is replaced.
   *
   * @returns undefined if there cannot be one: clients then use TCP
   * @throws {PlatformError} `platform.storage` if something else is in its place
   */
  static async open(
    server: Server,
    layout: DataLayout,
    logger: Logger,
  ): Promise<LocalSocket | undefined> {
    if (ownUid() === undefined) return undefined;
    const folder = folderFor(layout);
    if (folder === undefined || !isPrivate(lstatSync(folder))) {
      logger.warn('no socket for clients of this machine: its folder would not be private');
      return undefined;
    }
    const path = join(folder, name);
    const present = lstatSync(path, { throwIfNoEntry: false });
    if (present !== undefined && !(present.isSocket() && present.uid === ownUid())) {
      throw inTheWay(path);
    }
    // Created under another name and moved, so that its path never leads to anything else.
    const temporary = join(folder, `.${randomBytes(4).toString('hex')}`);
    try {
      server.listen({ path: temporary });
      await once(server, 'listening');
      chmodSync(temporary, 0o600);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw inTheWay(path, error);
    }
    return new LocalSocket(path, folder !== realpathSync(layout.secrets));
  }

  /** Removes the socket; open connections stay. */
  remove(): void {
    if (this.#identity === undefined || identityOf(this.path) !== this.#identity) return;
    rmSync(this.path, { force: true });
    if (!this.#isApart) return;
    try {
      rmdirSync(dirname(this.path));
    } catch {
      // The folder contains something that is not ours to remove.
    }
  }
}

const inTheWay = (path: string, cause?: unknown): PlatformError =>
  new PlatformError('platform.storage', `The platform cannot create its socket ${path}.`, {
    hint: `Look at what is at ${dirname(path)}, remove it, and start the platform again.`,
    cause,
  });
