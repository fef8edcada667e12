import type { Duplex } from 'node:stream';

/**
 * The way to the page of a session: an address that this process reaches, or a connection that the
 * runner makes each time one is wanted, where there is no such address.
 */
export type Endpoint =
  | { readonly host: string; readonly port: number }
  | { readonly socketPath: string }
  | { connect(): Promise<Duplex> };

/** The pages that sessions serve. */
export interface Pages {
  /**
   * The way to the page of a run, at the port of its plan.
   *
   * @param key - of the run
   * @returns undefined when it has none, or not yet
   */
  endpoint(key: string): Promise<Endpoint | undefined>;
}
