import { stat } from 'node:fs/promises';
import type { SkahaClient } from 'skaha';

/** A client, and by how many it is used right now. */
interface SharedClient {
  readonly client: SkahaClient;
  users: number;
}

/** What changes with a file, whoever writes it. */
const stateOf = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs].join(':'),
    () => '',
  );

/**
 * A client as the configuration is now. A dashboard is open for days; meanwhile its user logs in and
 * out in a terminal, and nothing of that may ask for a restart.
 */
export class CurrentClient {
  readonly #open: () => Promise<SkahaClient>;
  readonly #files: readonly string[];
  #filesState: string;
  #current: Promise<SharedClient>;

  private constructor(
    open: () => Promise<SkahaClient>,
    files: readonly string[],
    filesState: string,
    first: SkahaClient,
  ) {
    this.#open = open;
    this.#files = files;
    this.#filesState = filesState;
    this.#current = Promise.resolve({ client: first, users: 1 });
  }

  /** @param first - the client to begin with; its maker closes it */
  static async from(
    first: SkahaClient,
    open: () => Promise<SkahaClient>,
    files: readonly string[],
  ): Promise<CurrentClient> {
    return new CurrentClient(open, files, await statesOf(files), first);
  }

  /** Has something done with the client; one that is out of date is closed when nobody uses it. */
  async use<Value>(work: (client: SkahaClient) => Promise<Value>): Promise<Value> {
    const { client, release } = await this.lease();
    try {
      return await work(client);
    } finally {
      release();
    }
  }

  /** The same for what does not end with a promise, such as a body that is still to come. */
  async lease(): Promise<{ client: SkahaClient; release: () => void }> {
    const filesState = await statesOf(this.#files);
    if (filesState !== this.#filesState) {
      this.#filesState = filesState;
      this.#replace();
    }
    const shared = await this.#current;
    shared.users += 1;
    let isOver = false;
    const release = () => {
      if (!isOver) leave(shared);
      isOver = true;
    };
    return { client: shared.client, release };
  }

  /** Reads everything again at the next call: the platform did not take the login. */
  forget(): void {
    this.#filesState = '';
  }

  /** Lets go of the client. */
  async close(): Promise<void> {
    const shared = await this.#current;
    leave(shared);
  }

  #replace(): void {
    const before = this.#current;
    this.#current = this.#open().then((client) => ({ client, users: 1 }));
    // Callers are told what cannot be made; here it must not end the program.
    this.#current.catch(() => {
      this.#filesState = '';
    });
    before.then(leave, () => undefined);
  }
}

const statesOf = async (files: readonly string[]): Promise<string> =>
  (await Promise.all(files.map(stateOf))).join(' ');

function leave(shared: SharedClient): void {
  shared.users -= 1;
  if (shared.users === 0) shared.client.close().catch(() => undefined);
}
