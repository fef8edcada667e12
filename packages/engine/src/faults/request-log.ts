/** A request as it arrived: only the names of headers, because values may be secret. */
export interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Lower-case names of the headers, in order. */
  readonly headers: readonly string[];
}

/** Limits on the number of requests and on their characters; older ones are dropped. */
const capacity = 10_000;
const mostCharacters = 2 ** 22;

/** The latest requests to a platform, the oldest first. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  #characters = 0;

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  add(method: string, path: string, rawHeaders: readonly string[]): void {
    if (this.#entries.length >= capacity) this.#drop(capacity / 10);
    const names = rawHeaders.filter((_, index) => index % 2 === 0);
    const entry = { method, path, headers: names.map((name) => name.toLowerCase()) };
    this.#entries.push(entry);
    this.#characters += sizeOf(entry);
    // Drops half of them, so that this rarely happens.
    while (this.#characters > mostCharacters) this.#drop(Math.ceil(this.#entries.length / 2));
  }

  #drop(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#characters -= sizeOf(entry);
  }
}

const sizeOf = ({ path, headers }: LoggedRequest): number =>
  headers.reduce((sum, name) => sum + name.length, path.length);
