/** Hands values from those who produce them to one who waits for them. */
export class Queue<T> {
  readonly #values: T[] = [];
  #wake: (() => void) | undefined;
  #ended: { error?: unknown } | undefined;

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** No value comes any more; an error is thrown once all values were taken. */
  end(failure: { error?: unknown } = {}): void {
    this.#ended ??= failure;
    this.#wake?.();
  }

  /** The values as they come. */
  async *values(): AsyncGenerator<T, void> {
    for (;;) {
      const values = this.#values.splice(0);
      yield* values;
      if (this.#values.length > 0) continue;
      if (this.#ended !== undefined) {
        if ('error' in this.#ended) throw this.#ended.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
