import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, type Stats } from 'node:fs';
import { link, lstat, rename, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { dial } from '@skaha/engine/ports/dial.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import type { RunNote } from '@skaha/engine/ports/runner.js';
import type { ConnectToPort, PagePlace } from '../confinement.js';
import { type RunFiles, socketName } from './run-files.js';

/** How long a page may take until it listens, and how often we check, in milliseconds. */
const patienceMs = 300_000;
const stepMs = 100;

/** What the owner learns of a session whose page never came, before it is ended; as in Kubernetes. */
export const silentPage: RunNote = {
  level: 'Warning',
  reason: 'Unhealthy',
  message: `For ${patienceMs / 1000} seconds nothing listened on the port or socket of its page, so the session was ended`,
};

/** The longest path of a socket that every system takes. */
export const longestPath = 100;

/** Elsewhere there are only plain processes, which nothing keeps apart, and links are followed. */
const hasHardLinks = process.platform === 'linux';

/** True for a socket that the session's own user made; a link to one is none. */
const isSocketOf = (found: Stats | undefined, uid: number | undefined): found is Stats =>
  found?.isSocket() === true && found.uid === uid;

const look = async (path: string): Promise<Stats | undefined> =>
  await lstat(path).catch(() => undefined);

const isSame = (one: Stats, other: Stats): boolean =>
  one.ino === other.ino && one.dev === other.dev;

/**
 * The socket of a page, at a path that no session can change. What was checked in a directory of the
 * session may be a link to any socket of the machine when we connect to it. So the socket gets a
 * second name in the directory of the platform, without following a link; what has that name is
 * checked, and nobody can exchange it any more.
 *
 * @returns undefined when there is no socket of the session's own
 */
async function held({ page, directory, platformSocket }: RunFiles): Promise<string | undefined> {
  const [folder, socket, linked] = await Promise.all(
    [page, join(page, socketName), platformSocket].map(async (path) => await look(path)),
  );
  if (!isSocketOf(socket, folder?.uid)) return undefined;
  if (!hasHardLinks) return join(page, socketName);
  if (linked !== undefined && isSame(linked, socket)) return platformSocket;
  const fresh = join(directory, `.${randomBytes(6).toString('hex')}.sock`);
  try {
    await link(join(page, socketName), fresh);
    const taken = await look(fresh);
    if (!isSocketOf(taken, folder?.uid)) return undefined;
    await rename(fresh, platformSocket);
    return platformSocket;
  } catch {
    // Gone, or taken by another request at the same time.
    return undefined;
  } finally {
    // Two names of one file cannot be exchanged: then the new one stays.
    await unlink(fresh).catch(() => undefined);
  }
}

/**
 * The variables by which a session learns where to serve its page.
 *
 * @param directory - `RunFiles.page` as the session sees it
 */
export function pageVariables(
  page: PagePlace | undefined,
  directory: string,
): Record<string, string> {
  if (page === undefined) return {};
  return 'port' in page
    ? { PORT: String(page.port) }
    : { skaha_socket: join(directory, socketName) };
}

/** Where the pages of sessions are reached. */
export class PageEndpoints {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #reach: (files: RunFiles) => Promise<ConnectToPort | undefined>;
  /** Open directories: a path through them is short, however deep the directory lies. */
  readonly #open = new Map<string, number>();

  /** @param reach - how a port of a run is reached, where it is not this machine's */
  constructor(
    clock: Clock,
    closing: AbortSignal,
    reach: (files: RunFiles) => Promise<ConnectToPort | undefined>,
  ) {
    this.#clock = clock;
    this.#closing = closing;
    this.#reach = reach;
  }

  /**
   * Chooses where a run serves its page, and records it for the platforms that come after this one.
   *
   * @param ownPort - the port, where the run has all ports for itself
   */
  async place(files: RunFiles, bySocket: boolean, ownPort?: number): Promise<PagePlace> {
    if (bySocket) {
      await files.makeEmpty(files.page);
      return { socket: true };
    }
    const port = ownPort ?? (await freePort());
    await files.setPort(port);
    return { port };
  }

  /** Waits until something listens; `gone` when the run is over before. */
  async opened(files: RunFiles, isWanted: () => boolean): Promise<'open' | 'silent' | 'gone'> {
    for (let waited = 0; waited < patienceMs; waited += stepMs) {
      if (!isWanted()) return 'gone';
      const endpoint = await this.endpoint(files);
      if (endpoint !== undefined && (await isListening(endpoint))) return 'open';
      await this.#clock.sleep(stepMs, this.#closing).catch(() => undefined);
    }
    return isWanted() ? 'silent' : 'gone';
  }

  async endpoint(files: RunFiles): Promise<Endpoint | undefined> {
    const port = await files.port();
    if (port !== undefined) {
      const reach = await this.#reach(files);
      return reach === undefined ? { host: '127.0.0.1', port } : { connect: () => reach(port) };
    }
    const path = await held(files);
    if (path === undefined) return undefined;
    return { socketPath: Buffer.byteLength(path) > longestPath ? this.#short(files) : path };
  }

  #short({ key, directory }: RunFiles): string {
    let open = this.#open.get(key);
    if (open === undefined) {
      open = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
      this.#open.set(key, open);
    }
    return `/proc/self/fd/${open}/${socketName}`;
  }

  forget(key: string): void {
    const open = this.#open.get(key);
    if (open !== undefined) closeSync(open);
    this.#open.delete(key);
  }

  close(): void {
    for (const key of [...this.#open.keys()]) this.forget(key);
  }
}

/** A port of the loopback address that is free now. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

/** True when something listens there. */
export async function isListening(endpoint: Endpoint): Promise<boolean> {
  try {
    (await dial(endpoint)).destroy();
    return true;
  } catch {
    return false;
  }
}
