/** One request as it arrived: names of headers only, because values may be secrets. */
export interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Lower-case names of the headers, in order. */
  readonly headers: readonly string[];
}

/** How many requests are remembered; older ones are dropped. */
const capacity = 10_000;

/** The latest requests to a platform, oldest first. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  add(method: string, path: string, rawHeaders: readonly string[]): void {
    if (this.#entries.length >= capacity) this.#entries.splice(0, capacity / 10);
    const headers = rawHeaders.filter((_, index) => index % 2 === 0);
    this.#entries.push({ method, path, headers: headers.map((name) => name.toLowerCase()) });
  }
}
