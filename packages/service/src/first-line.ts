import { Transform, type TransformCallback } from 'node:stream';

/** The longest first line that is read. */
const longest = 256;

/** Removes the first line of a stream and reports it; the rest passes through. */
export class FirstLine extends Transform {
  /** The line without its end; undefined if there was none. */
  readonly line: Promise<string | undefined>;
  #resolve: (line: string | undefined) => void = () => undefined;
  #begun: Buffer | undefined = Buffer.alloc(0);

  constructor() {
    super();
    this.line = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#begun === undefined) {
      done(null, chunk);
      return;
    }
    const all = Buffer.concat([this.#begun, chunk]);
    const at = all.indexOf('\n');
    if (at < 0 && all.length < longest) {
      this.#begun = all;
      done();
      return;
    }
    this.#begun = undefined;
    this.#resolve(at < 0 ? undefined : all.subarray(0, at).toString('latin1').trimEnd());
    done(null, at < 0 ? all : all.subarray(at + 1));
  }

  override _flush(done: TransformCallback): void {
    this.#resolve(undefined);
    done(null, this.#begun);
  }
}
