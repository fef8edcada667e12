import { linkSignals } from '@skaha/base/signals.js';
import { abortError } from '../client/failures.js';
import type { CallOptions } from '../client/options.js';
import { isSkahaError } from '../errors/index.js';
import type { StorageService } from './service.js';
import type { ListOptions, StorageNode } from './types.js';

const usualPage = 1000;
/** A service may give less at once than it was asked for; a page of this size may not be the last. */
const smallestFullPage = 100;

/**
 * The entries of a folder, page by page. The cursor is the last entry of the page before, with
 * which the next one begins again; services that leave it out, or know no cursor, are put up with.
 *
 * @param service - where
 * @param path - normal
 * @param options - size of the pages, signal, timeout
 */
export async function* listFolder(
  service: StorageService,
  path: string,
  options: ListOptions = {},
): AsyncGenerator<StorageNode, void> {
  const { pageSize = usualPage, signal, timeoutMs } = options;
  const call = { signal, timeoutMs };
  const limit = String(pageSize);
  const first = (await service.node(path, call, { limit })).children;
  yield* first;
  let page = first;
  while (page.length >= Math.min(pageSize, smallestFullPage)) {
    const cursor = page.at(-1)?.path ?? path;
    const query = { limit, uri: await service.uri(cursor, call) };
    page = (await service.node(path, call, query)).children;
    if (page[0]?.path === first[0]?.path && cursor !== first[0]?.path) {
      yield* withoutCursor(service, path, first, call);
      return;
    }
    const fresh = page[0]?.path === cursor ? page.slice(1) : page;
    if (fresh.length === 0) return;
    yield* fresh;
  }
}

/** Where the cursor is ignored, everything is asked for at once. */
async function* withoutCursor(
  service: StorageService,
  path: string,
  seen: readonly StorageNode[],
  call: CallOptions,
): AsyncGenerator<StorageNode, void> {
  const known = new Set(seen.map((node) => node.path));
  const { children } = await service.node(path, call, {});
  for (const node of children) if (!known.has(node.path)) yield node;
}

/** How a tree is walked. */
export interface WalkOptions extends CallOptions {
  /** Folders listed at the same time. */
  concurrency: number;
  /** How far below the folder, 1 being its own entries. */
  maxDepth?: number | undefined;
}

/** At most this many entries wait to be taken. */
const ahead = 2000;

/** Hands items from several workers to one reader, and holds the workers back meanwhile. */
export class Channel<Item> {
  readonly #items: Item[] = [];
  #wake: () => void = () => {};
  #room: (() => void)[] = [];
  #isClosed = false;

  async put(item: Item): Promise<void> {
    if (this.#isClosed) return;
    this.#items.push(item);
    this.#wake();
    if (this.#items.length < ahead) return;
    await new Promise<void>((resolve) => {
      this.#room.push(resolve);
    });
  }

  /** What is there now. */
  take(): Item[] {
    const taken = this.#items.splice(0);
    this.#release();
    return taken;
  }

  /** Nobody reads any more: what comes is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  #release(): void {
    const waiting = this.#room;
    this.#room = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves at the next event. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Wakes the reader, though nothing came. */
  wake(): void {
    this.#wake();
  }
}

/** One walk through a tree. */
class Walk {
  readonly #service: StorageService;
  readonly #options: WalkOptions;
  readonly #channel = new Channel<StorageNode>();
  readonly #ended = new AbortController();
  readonly #folders: { path: string; depth: number }[];
  #running = 0;
  #failure: { error: unknown } | undefined;

  constructor(service: StorageService, path: string, options: WalkOptions) {
    this.#service = service;
    this.#options = options;
    this.#folders = [{ path, depth: 1 }];
  }

  async *entries(): AsyncGenerator<StorageNode, void> {
    const linked = linkSignals(this.#options.signal, this.#ended.signal);
    try {
      for (;;) {
        this.#start(linked.signal);
        const waiting = this.#channel.next();
        const taken = this.#channel.take();
        yield* taken;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (taken.length > 0) continue;
        if (this.#running === 0 && this.#folders.length === 0) return;
        await waiting;
      }
    } finally {
      this.#ended.abort();
      this.#channel.close();
      linked.release();
    }
  }

  #start(signal: AbortSignal): void {
    while (this.#running < this.#options.concurrency) {
      const folder = this.#folders.shift();
      if (folder === undefined) return;
      this.#running += 1;
      this.#list(folder, signal)
        .catch((error: unknown) => {
          this.#failure ??= { error };
        })
        .finally(() => {
          this.#running -= 1;
          this.#channel.wake();
        });
    }
  }

  async #list(
    { path, depth }: { path: string; depth: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { maxDepth = Number.POSITIVE_INFINITY, timeoutMs } = this.#options;
    for await (const node of listFolder(this.#service, path, { signal, timeoutMs })) {
      if (this.#ended.signal.aborted) return;
      if (node.kind === 'folder' && depth < maxDepth) {
        this.#folders.push({ path: node.path, depth: depth + 1 });
      }
      await this.#channel.put(node);
    }
  }
}

/**
 * Everything below a folder, a folder before what is in it, otherwise in no order. Several folders
 * are listed at the same time; no more is held than the reader will take soon.
 *
 * @param service - where
 * @param path - normal
 * @param options - how many at once, how deep
 */
export const walkTree = (
  service: StorageService,
  path: string,
  options: WalkOptions,
): AsyncGenerator<StorageNode, void> => new Walk(service, path, options).entries();

/**
 * Does something with each item, a bounded number at a time; the first failure stops the rest.
 *
 * @param items - taken as they are needed
 * @param concurrency - how many at once
 * @param signal - stops it
 * @param work - gets a signal that aborts when another one failed
 */
export async function eachOf<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const linked = linkSignals(signal, failed.signal);
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      linked.signal.throwIfAborted();
      const one: Promise<void> = work(item, linked.signal)
        .catch((error: unknown) => {
          failures.push(error);
          failed.abort(error);
        })
        .finally(() => running.delete(one));
      running.add(one);
      if (running.size >= concurrency) await Promise.race(running);
    }
  } catch (error) {
    failures.push(error);
    failed.abort(error);
  } finally {
    await Promise.all(running);
    linked.release();
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Gives what some work hands out while it is done.
 *
 * @param signal - stops the work
 * @param work - gets a way to hand out, and a signal that aborts when nobody takes any more
 */
export async function* emitted<Item>(
  signal: AbortSignal | undefined,
  work: (emit: (item: Item) => Promise<void>, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Item, void> {
  const channel = new Channel<Item>();
  const left = new AbortController();
  const linked = linkSignals(signal, left.signal);
  let isDone = false;
  let failure: { error: unknown } | undefined;
  const working = work((item) => channel.put(item), linked.signal)
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      isDone = true;
      channel.wake();
    });
  try {
    for (;;) {
      const waiting = channel.next();
      const taken = channel.take();
      yield* taken;
      if (taken.length > 0) continue;
      if (isDone) break;
      await waiting;
    }
  } finally {
    left.abort();
    channel.close();
    await working;
    linked.release();
  }
  if (failure === undefined) return;
  const isCancelled = signal?.aborted === true && !isSkahaError(failure.error);
  throw isCancelled ? abortError(signal.reason) : failure.error;
}
