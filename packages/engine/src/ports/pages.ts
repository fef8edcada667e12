import type { Duplex } from 'node:stream';

/**
 * How to reach the page of a session: an address, or a function of the runner that opens a
 * connection if this process cannot reach an address.
 */
export type Endpoint =
  | { readonly host: string; readonly port: number }
  | { readonly socketPath: string }
  | { connect(): Promise<Duplex> };

/** Access to the pages that sessions serve. */
export interface Pages {
  /**
   * How to reach the page of a run, at the port of its plan.
   *
   * @param key - of the run
   * @returns undefined if it has none, or none yet
   */
  endpoint(key: string): Promise<Endpoint | undefined>;
}
