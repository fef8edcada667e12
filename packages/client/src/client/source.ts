/// <reference lib="esnext.disposable" preserve="true" />
import { ClientCore } from './core.js';
import type { SkahaClientOptions } from './options.js';

/** A client whose connection may be shared. */
export interface ClientHolder {
  /** @internal */
  readonly core: ClientCore;
}

/** What a part of the library is made from: an existing client, or the options for one. */
export type ClientSource = ClientHolder | SkahaClientOptions;

/**
 * Finds the core to use.
 *
 * @param source - a client, or options for one
 * @returns the core, and whether it was made here and must be closed here
 */
export function attach(source: ClientSource): { core: ClientCore; isOwned: boolean } {
  if ('core' in source && source.core instanceof ClientCore) {
    return { core: source.core, isOwned: false };
  }
  return { core: new ClientCore(source as SkahaClientOptions), isOwned: true };
}

/** The base of the parts: closing is theirs only when they made the client themselves. */
export abstract class ClientPart implements AsyncDisposable {
  protected readonly core: ClientCore;
  readonly #isOwned: boolean;

  /** @param source - a client to share, or the options for one of its own */
  constructor(source: ClientSource = {}) {
    const { core, isOwned } = attach(source);
    this.core = core;
    this.#isOwned = isOwned;
  }

  /** Ends the connections, when this object made them itself; a shared client stays open. */
  async close(): Promise<void> {
    if (this.#isOwned) await this.core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
