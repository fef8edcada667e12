import { ValidationError, type ValidationIssue } from '../errors/index.js';

/** Selects a part of the work. */
export interface PartOptions {
  /** Number of this replica, from 1. @defaultValue `REPLICA_ID`, otherwise 1 */
  replica?: number | undefined;
  /** Number of replicas. @defaultValue `REPLICA_COUNT`, otherwise 1 */
  total?: number | undefined;
}

/** Selects a part of the work, and how it is split. */
export interface ChunkOptions extends PartOptions {
  /**
   * `even`: sizes differ by at most one. `legacy`: as in the Python client, the last replica takes
   * all of the remainder. @defaultValue `even`
   */
  split?: 'even' | 'legacy' | undefined;
}

/**
 * Returns this replica's contiguous part of the items. In the order of the replicas, the parts add
 * up to all items.
 *
 * @param items - an array or any iterable; read to its end
 * @param options - replica and total, by default those of the session this runs in
 * @returns the part, lazily
 * @throws {ValidationError} `request.invalid` for a replica or total that cannot be
 * @example
 * ```ts
 * import { chunk } from 'skaha/distributed';
 *
 * console.log([...chunk(['a', 'b', 'c', 'd', 'e'], { replica: 1, total: 2 })]); // [ 'a', 'b', 'c' ]
 * ```
 */
export function chunk<T>(items: Iterable<T>, options: ChunkOptions = {}): Generator<T, void> {
  const part = resolvePart(options);
  return chunkOf(items, part, resolveSplit(options));
}

/**
 * The same as {@link chunk} for items that arrive over time.
 *
 * @param items - any asynchronous iterable; read to its end before the first is yielded
 * @param options - replica and total, by default those of the session this runs in
 * @returns the part, lazily
 * @throws {ValidationError} `request.invalid` for a replica or total that cannot be
 */
export function chunkAsync<T>(
  items: AsyncIterable<T> | Iterable<T>,
  options: ChunkOptions = {},
): AsyncGenerator<T, void> {
  const part = resolvePart(options);
  return chunkOfAsync(items, part, resolveSplit(options));
}

/**
 * Returns every n-th item for this replica: replica 2 of 3 gets the 2nd, the 5th, the 8th, and so
 * on. It keeps nothing in memory.
 *
 * @param items - an array or any iterable
 * @param options - replica and total, by default those of the session this runs in
 * @returns the part, lazily
 * @throws {ValidationError} `request.invalid` for a replica or total that cannot be
 * @example
 * ```ts
 * import { stripe } from 'skaha/distributed';
 *
 * console.log([...stripe(['a', 'b', 'c', 'd', 'e'], { replica: 2, total: 3 })]); // [ 'b', 'e' ]
 * ```
 */
export function stripe<T>(items: Iterable<T>, options: PartOptions = {}): Generator<T, void> {
  return stripeOf(items, resolvePart(options));
}

/**
 * The same as {@link stripe} for items that arrive over time.
 *
 * @param items - any asynchronous iterable
 * @param options - replica and total, by default those of the session this runs in
 * @returns the part, as it arrives
 * @throws {ValidationError} `request.invalid` for a replica or total that cannot be
 */
export function stripeAsync<T>(
  items: AsyncIterable<T> | Iterable<T>,
  options: PartOptions = {},
): AsyncGenerator<T, void> {
  return stripeOfAsync(items, resolvePart(options));
}

interface Part {
  /** From 0. */
  position: number;
  total: number;
}

function* chunkOf<T>(items: Iterable<T>, part: Part, split: Split): Generator<T, void> {
  const all = Array.isArray(items) ? items : [...items];
  const [start, end] = bounds(all.length, part, split);
  for (let index = start; index < end; index += 1) yield all[index];
}

async function* chunkOfAsync<T>(
  items: AsyncIterable<T> | Iterable<T>,
  part: Part,
  split: Split,
): AsyncGenerator<T, void> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  yield* chunkOf(all, part, split);
}

function* stripeOf<T>(items: Iterable<T>, { position, total }: Part): Generator<T, void> {
  let index = 0;
  for (const item of items) {
    if (index % total === position) yield item;
    index += 1;
  }
}

async function* stripeOfAsync<T>(
  items: AsyncIterable<T> | Iterable<T>,
  { position, total }: Part,
): AsyncGenerator<T, void> {
  let index = 0;
  for await (const item of items) {
    if (index % total === position) yield item;
    index += 1;
  }
}

type Split = 'even' | 'legacy';

function bounds(count: number, { position, total }: Part, split: Split): [number, number] {
  if (split === 'even') {
    const size = Math.floor(count / total);
    const larger = count % total;
    const start = position * size + Math.min(position, larger);
    return [start, start + size + (position < larger ? 1 : 0)];
  }
  if (count < total) return [Math.min(position, count), Math.min(position + 1, count)];
  const size = Math.floor(count / total);
  return [position * size, position === total - 1 ? count : (position + 1) * size];
}

function resolveSplit({ split = 'even' }: ChunkOptions): Split {
  if (split === 'even' || split === 'legacy') return split;
  throw new ValidationError([{ path: 'split', message: 'split must be "even" or "legacy".' }]);
}

function resolvePart(options: PartOptions): Part {
  const issues: ValidationIssue[] = [];
  const read = (path: 'replica' | 'total', name: string) => {
    const value = options[path] ?? variable(name) ?? 1;
    const isGood = Number.isSafeInteger(value) && value >= 1;
    const source = options[path] === undefined ? `The variable ${name}` : path;
    if (!isGood) issues.push({ path, message: `${source} must be a whole number of at least 1.` });
    return value;
  };
  const replica = read('replica', 'REPLICA_ID');
  const total = read('total', 'REPLICA_COUNT');
  if (issues.length === 0 && replica > total) {
    const message = `There is no replica ${replica} among ${total}.`;
    issues.push({ path: 'replica', message });
  }
  const [first, ...rest] = issues;
  if (first !== undefined) throw new ValidationError([first, ...rest]);
  return { position: replica - 1, total };
}

/** Read at the time of the call; browsers have no variables. */
function variable(name: string): number | undefined {
  const text = globalThis.process?.env?.[name]?.trim();
  if (text === undefined) return undefined;
  if (text === '') {
    // Outside of a replica both may be empty; one alone would give several the same part.
    const other = name === 'REPLICA_ID' ? 'REPLICA_COUNT' : 'REPLICA_ID';
    return (globalThis.process.env[other]?.trim() ?? '') === '' ? undefined : Number.NaN;
  }
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
