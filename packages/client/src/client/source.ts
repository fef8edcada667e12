/// <reference lib="esnext.disposable" preserve="true" />
import { ValidationError } from '../errors/index.js';
import { ClientCore } from './core.js';
import type { SkahaClientOptions } from './options.js';

/**
 * Something with a connection that can be shared: a client, or a part of the library that was
 * created on its own.
 */
export interface ClientHolder extends AsyncDisposable {
  /** Closes the connections that it opened itself. */
  close(): Promise<void>;
}

/** What you pass to a part of the library: an existing client, or the options for a new one. */
export type ClientSource = ClientHolder | SkahaClientOptions;

/** Of every client and every part, what sends its requests: nobody outside this package sees it. */
const cores = new WeakMap<object, ClientCore>();

/**
 * Lets a client send its requests by a core.
 *
 * @param holder - the client
 * @param core - its own, or that of a client whose connection it shares
 */
export function holdCore(holder: ClientHolder, core: ClientCore): ClientCore {
  cores.set(holder, core);
  return core;
}

/**
 * What sends the requests of a client.
 *
 * @throws {ValidationError} for what is no client of this library
 */
export function coreOf(holder: ClientHolder): ClientCore {
  const core = cores.get(holder);
  if (core !== undefined) return core;
  throw new ValidationError([{ path: 'client', message: 'This is not a client of this library.' }]);
}

/** The base of the parts: closing is theirs only when they made the client themselves. */
export abstract class ClientPart implements ClientHolder {
  readonly #owned: ClientCore | undefined;

  /** @param source - a client to share, or the options for one of its own */
  constructor(source: ClientSource = {}) {
    const shared = cores.get(source);
    const core = holdCore(this, shared ?? new ClientCore(source as SkahaClientOptions));
    this.#owned = shared === undefined ? core : undefined;
  }

  /** Closes the connections if this object opened them itself; a shared client stays open. */
  async close(): Promise<void> {
    await this.#owned?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
