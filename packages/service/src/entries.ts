import type { ServerResponse } from 'node:http';

/** A serialised entry of a JSON array, and its length. */
export interface TextPart {
  readonly text: string;
  readonly bytes: number;
}

const opening = '[\n';
const between = ',\n';
const closing = '\n]';

/** How much of a long text is written at once: two TLS records. */
const pieceBytes = 32 * 1024;

/**
 * A JSON array of serialised entries, sent in pieces, so that many long replies at the same time
 * take little more memory than one. As long as the array is the latest of its kind, the pieces are
 * cached for the next request.
 */
export class WrittenEntries {
  /** Length of the whole text. */
  readonly bytes: number;
  readonly #entries: readonly TextPart[];
  /** Index of the first entry of each piece. */
  readonly #starts: readonly number[];
  #kept: Buffer[] | undefined = [];

  constructor(entries: readonly TextPart[]) {
    const starts = [0];
    let size = 0;
    let bytes = opening.length + between.length * (entries.length - 1) + closing.length;
    for (const [index, entry] of entries.entries()) {
      bytes += entry.bytes;
      size += entry.bytes;
      if (size < pieceBytes || index + 1 === entries.length) continue;
      starts.push(index + 1);
      size = 0;
    }
    this.#entries = entries;
    this.#starts = starts;
    this.bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Caches nothing from now on: there is a newer array. */
  outdate(): void {
    this.#kept = undefined;
  }

  /** The whole text. */
  get text(): string {
    return this.#starts.map((_, index) => this.#piece(index)).join('');
  }

  /** Sends the text, as fast as the client reads; ends early if the client disconnects. */
  async send(response: ServerResponse): Promise<void> {
    for (let index = 0; index < this.#starts.length && !response.destroyed; index += 1) {
      const piece = this.#kept?.[index] ?? Buffer.from(this.#piece(index));
      if (this.#kept !== undefined) this.#kept[index] = piece;
      if (!response.write(piece)) await isReady(response);
    }
  }

  #piece(index: number): string {
    const part = this.#entries.slice(this.#starts[index], this.#starts[index + 1]);
    const isLast = index + 1 === this.#starts.length;
    const words = part.map(({ text }) => text).join(between);
    return `${index === 0 ? opening : between}${words}${isLast ? closing : ''}`;
  }
}

/** Resolves once more can be written, or the client has disconnected. */
const isReady = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
