import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { PagePlace } from './enclosure.js';
import { freePort, isListening } from './ports.js';
import type { RunFiles } from './run-files.js';
import type { Endpoint, RunNote } from './types.js';

/** How long a page may take until it listens, and in what steps we look. */
const patienceMs = 300_000;
const stepMs = 100;

/** What a session is told whose page never came, before it is ended; the word is Kubernetes' own. */
export const silentPage: RunNote = {
  level: 'Warning',
  reason: 'Unhealthy',
  message: `Nothing listened where its page should be for ${patienceMs / 1000} seconds: it is ended`,
};

/** The longest path of a socket that every system takes. */
export const longestPath = 100;

/** Name of the socket in the directory that is shared with the session. */
export const socketName = 'page.sock';

/** Where the pages of sessions are reached. */
export class PageDoor {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  /** Open directories: a path through them is short, however deep the directory lies. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  /** Chooses where a run shall serve its page, and remembers it for platforms to come. */
  async place(files: RunFiles, bySocket: boolean): Promise<PagePlace> {
    if (bySocket) {
      await mkdir(files.page, { recursive: true, mode: 0o700 });
      return { socket: true };
    }
    const port = await freePort();
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
    if (port !== undefined) return { host: '127.0.0.1', port };
    const path = join(files.page, socketName);
    const found = await stat(path).catch(() => undefined);
    if (found?.isSocket() !== true) return undefined;
    return { socketPath: Buffer.byteLength(path) > longestPath ? this.#short(files) : path };
  }

  #short({ key, page }: RunFiles): string {
    let open = this.#open.get(key);
    if (open === undefined) {
      open = openSync(page, constants.O_RDONLY | constants.O_DIRECTORY);
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
