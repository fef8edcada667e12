/** The latest of each item, and how many of them are in each state. */
export class Tally<Key, Item> {
  readonly #stateOf: (item: Item) => string;
  readonly #latest = new Map<Key, Item>();
  readonly #counts: Map<string, number>;

  /**
   * @param stateOf - the state of an item, in one word
   * @param order - states in the order of the summary; others follow as they come
   */
  constructor(stateOf: (item: Item) => string, order: readonly string[] = []) {
    this.#stateOf = stateOf;
    this.#counts = new Map(order.map((state) => [state, 0]));
  }

  /** The latest of each item, in the order in which the items first came. */
  get items(): Item[] {
    return [...this.#latest.values()];
  }

  get size(): number {
    return this.#latest.size;
  }

  /** For example `3 Running, 1 Pending`; empty without items. */
  get summary(): string {
    const words = [...this.#counts].flatMap(([state, sum]) => (sum > 0 ? [`${sum} ${state}`] : []));
    return words.join(', ');
  }

  /** How many items are in a state. */
  count(state: string): number {
    return this.#counts.get(state) ?? 0;
  }

  set(key: Key, item: Item): void {
    const before = this.#latest.get(key);
    if (before !== undefined) this.#add(this.#stateOf(before), -1);
    this.#latest.set(key, item);
    this.#add(this.#stateOf(item), 1);
  }

  #add(state: string, change: number): void {
    this.#counts.set(state, this.count(state) + change);
  }
}
