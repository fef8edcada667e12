interface Entry {
  readonly at: number;
  readonly key: string;
}

/**
 * The due times of many keys, in a binary heap. If the time of a key changes, its old entry stays
 * in the heap and is ignored when its turn comes.
 */
export class DueTimes {
  readonly #heap: Entry[] = [];
  readonly #times = new Map<string, number>();

  /** Sets the time of a key; infinity removes it. */
  set(key: string, at: number): void {
    if (this.#times.get(key) === at) return;
    if (at === Number.POSITIVE_INFINITY) {
      this.#times.delete(key);
      return;
    }
    this.#times.set(key, at);
    this.#push({ at, key });
    if (this.#heap.length > 2 * this.#times.size + 64) this.#rebuild();
  }

  delete(key: string): void {
    this.set(key, Number.POSITIVE_INFINITY);
  }

  /** The earliest time; infinity if there is none. */
  first(): number {
    this.#skipReplaced();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Removes and returns all keys that are due, the earliest first. */
  take(now: number): string[] {
    const due: string[] = [];
    while (this.first() <= now) {
      const { key } = this.#pop() as Entry;
      this.#times.delete(key);
      due.push(key);
    }
    return due;
  }

  #skipReplaced(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#times.get(top.key) === top.at) return;
      this.#pop();
    }
  }

  #rebuild(): void {
    this.#heap.length = 0;
    for (const [key, at] of this.#times) this.#push({ at, key });
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Entry;
      if (parent.at <= entry.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const isRight = (heap[left + 1]?.at ?? Number.POSITIVE_INFINITY) < (heap[left]?.at ?? 0);
      const child = isRight ? left + 1 : left;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
