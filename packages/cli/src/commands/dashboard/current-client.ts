import { stat } from 'node:fs/promises';
import type { SkahaClient } from 'skaha';

/** A client, and by how many it is used right now. */
interface Held {
  readonly client: SkahaClient;
  users: number;
}

/** What changes with a file, whoever writes it. */
const printOf = (path: string): Promise<string> =>
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
  #print: string;
  #held: Promise<Held>;

  private constructor(
    open: () => Promise<SkahaClient>,
    files: readonly string[],
    print: string,
    first: SkahaClient,
  ) {
    this.#open = open;
    this.#files = files;
    this.#print = print;
    this.#held = Promise.resolve({ client: first, users: 1 });
  }

  /** @param first - the client to begin with; its maker closes it */
  static async from(
    first: SkahaClient,
    open: () => Promise<SkahaClient>,
    files: readonly string[],
  ): Promise<CurrentClient> {
    return new CurrentClient(open, files, await printsOf(files), first);
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
    const print = await printsOf(this.#files);
    if (print !== this.#print) {
      this.#print = print;
      this.#replace();
    }
    const held = await this.#held;
    held.users += 1;
    let isOver = false;
    const release = () => {
      if (!isOver) leave(held);
      isOver = true;
    };
    return { client: held.client, release };
  }

  /** Reads everything again at the next call: the platform did not take the login. */
  forget(): void {
    this.#print = '';
  }

  /** Lets go of the client. */
  async close(): Promise<void> {
    const held = await this.#held;
    leave(held);
  }

  #replace(): void {
    const before = this.#held;
    this.#held = this.#open().then((client) => ({ client, users: 1 }));
    // Callers are told what cannot be made; here it must not end the program.
    this.#held.catch(() => {
      this.#print = '';
    });
    before.then(leave, () => undefined);
  }
}

const printsOf = async (files: readonly string[]): Promise<string> =>
  (await Promise.all(files.map(printOf))).join(' ');

function leave(held: Held): void {
  held.users -= 1;
  if (held.users === 0) held.client.close().catch(() => undefined);
}
