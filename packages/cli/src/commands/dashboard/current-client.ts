import { stat } from 'node:fs/promises';
import type { SkahaClient } from 'skaha';

/** What changes with some files, whoever writes them. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map((path) =>
    stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs].join(':'),
      () => '',
    ),
  );
  return (await Promise.all(states)).join(' ');
}

/**
 * A client as the configuration is now. A dashboard is open for days; meanwhile its user logs in and
 * out in a terminal, and nothing of that may ask for a restart. A client that is out of date is only
 * let go of: its requests under way end as they would, and its idle connections close by themselves.
 */
export class CurrentClient {
  readonly #open: () => Promise<SkahaClient>;
  readonly #files: readonly string[];
  /** The files as they were when the client was made. */
  #state: string;
  #client: Promise<SkahaClient>;

  private constructor(
    first: SkahaClient,
    open: () => Promise<SkahaClient>,
    files: readonly string[],
    state: string,
  ) {
    this.#open = open;
    this.#files = files;
    this.#state = state;
    this.#client = Promise.resolve(first);
  }

  /**
   * @param first - the client to begin with
   * @param open - makes another one
   * @param files - from which a client is made
   */
  static async from(
    first: SkahaClient,
    open: () => Promise<SkahaClient>,
    files: readonly string[],
  ): Promise<CurrentClient> {
    return new CurrentClient(first, open, files, await stateOf(files));
  }

  async get(): Promise<SkahaClient> {
    const state = await stateOf(this.#files);
    if (state !== this.#state) {
      this.#state = state;
      this.#client = this.#open();
      // Callers learn of what cannot be made; here it must not end the program.
      this.#client.catch(() => this.forget());
    }
    return this.#client;
  }

  /** Makes another client for the next call: the platform did not take the login. */
  forget(): void {
    this.#state = '';
  }

  async close(): Promise<void> {
    const client = await this.#client.catch(() => undefined);
    await client?.close();
  }
}
