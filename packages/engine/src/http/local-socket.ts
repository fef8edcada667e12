import { randomBytes } from 'node:crypto';
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

/** What systems take as the path of a socket, in bytes, less some for a name while it is made. */
const maxPath = 90;

const name = 'api.sock';

const ownUid = (): number | undefined => process.getuid?.();

/** A folder in which only its owner can put, or reach, anything. */
const isPrivate = (found: Stats): boolean =>
  found.isDirectory() && found.uid === ownUid() && (found.mode & 0o077) === 0;

const fits = (folder: string): boolean => Buffer.byteLength(join(folder, name)) <= maxPath;

/** A private folder with a short path, the same at every start; undefined where none can be had. */
function shortFolder(layout: DataLayout): string | undefined {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const instance = instanceOf(layout.root);
  const candidates = [
    ...(runtime?.startsWith('/') ? [join(runtime, `skaha-${instance}`)] : []),
    // Several users share this one.
    join(tmpdir(), `skaha-${ownUid()}-${instance}`),
  ];
  return candidates.find((folder) => {
    if (!fits(folder)) return false;
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') return false;
    }
    // Somebody else may have made it first, as a trap.
    return isPrivate(lstatSync(folder));
  });
}

/** Where the socket of a data folder belongs: inside, unless that path is too long for one. */
function folderFor(layout: DataLayout): string | undefined {
  const inside = realpathSync(layout.secrets);
  return fits(inside) ? inside : shortFolder(layout);
}

async function bind(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const identityOf = (path: string): string | undefined => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
};

/**
 * A unix socket at which the owner of a platform reaches it without TLS: the permissions of its
 * folder and its own let nobody else connect. Opened and removed only while the data folder is
 * held, so that there is one at a time and nobody removes another's.
 */
export class LocalSocket {
  readonly path: string;
  /** Whether its folder was made for it alone. */
  readonly #isApart: boolean;
  readonly #identity: string | undefined;

  private constructor(path: string, isApart: boolean) {
    this.path = path;
    this.#isApart = isApart;
    this.#identity = identityOf(path);
  }

  /**
   * Lets a server answer at the socket of a data folder. One that was left behind is replaced.
   *
   * @returns undefined where there can be none: clients then come over TCP
   * @throws {PlatformError} `platform.storage` when something else is in its place
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
    // Made under a name of its own and moved into place: at no moment is there anything else.
    const temporary = join(folder, `.${randomBytes(4).toString('hex')}`);
    try {
      await bind(server, temporary);
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
      // Something else is in it, which is not ours to remove.
    }
  }
}

const inTheWay = (path: string, cause?: unknown): PlatformError =>
  new PlatformError('platform.storage', `The platform cannot create its socket ${path}.`, {
    hint: `Look at what is at ${dirname(path)}, remove it, and start the platform again.`,
    cause,
  });
