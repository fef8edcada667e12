import type { ServerResponse } from 'node:http';

/** One entry of a JSON array, as it is written in it, and its length. */
export interface TextPart {
  readonly text: string;
  readonly bytes: number;
}

const opening = '[\n';
const between = ',\n';
const closing = '\n]';

/** How much of a long text is handed on at once: two records of TLS. */
const pieceBytes = 32 * 1024;

/**
 * A JSON array whose entries are written already, sent in pieces: many long replies at once take
 * hardly more memory than one. As long as the array is the latest of its kind the pieces are kept
 * for the next who asks.
 */
export class WrittenEntries {
  /** Length of the whole text. */
  readonly bytes: number;
  readonly #entries: readonly TextPart[];
  /** The first entry of each piece. */
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

  /** Keeps nothing from now on: there is a later array. */
  outdate(): void {
    this.#kept = undefined;
  }

  /** The whole text. */
  get text(): string {
    return this.#starts.map((_, index) => this.#piece(index)).join('');
  }

  /** Sends it, no faster than it is taken; ends early when the caller went away. */
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

/** Resolves once there is room again, or nobody is there to take any more. */
const isReady = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
