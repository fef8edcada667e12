import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { KubernetesClient, Resource, Selection } from './client.js';
import { isGone, isPassing, KubernetesError } from './failure.js';
import type { KubernetesObject, ObjectList, WatchEvent } from './types.js';

/** Called with what a watch sees. */
export interface WatchListener<T> {
  /** An object as it is now: once for each at the start, then at every change. */
  changed(object: T): void;
  /** It is not there any more; only its name may be known. */
  removed(name: string, object: T | undefined): void;
  /** All that there was has been reported: after the start, and after every list that was read again. */
  complete?(): void;
  /** The cluster cannot be watched; what is known may be old. Called once until it is back. */
  lost?(reason: string): void;
  /** It can be watched again. */
  back?(): void;
}

/** What a watch works with. */
export interface WatchOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** The server ends a watch after a time between this and twice it, so that load is spread. */
const watchSeconds = 240;

/** A server says about once a minute how far it is: a longer silence is a connection that is no more. */
const silenceMs = 150_000;

const firstPauseMs = 250;
const longestPauseMs = 15_000;

/** A line longer than this is no object of ours. */
const longestLine = 16 * 2 ** 20;

/**
 * Follows objects of a kind: lists them, then watches from there, and begins again with a list when
 * the server no longer has what happened since (HTTP 410). Connections that break are opened again
 * from where they broke.
 */
export class Watch<T extends KubernetesObject> {
  readonly #options: WatchOptions;
  readonly #resource: Resource;
  readonly #selection: Selection;
  readonly #listener: WatchListener<T>;
  /** Whether only what happens from now on is of interest: then nothing is ever listed. */
  readonly #isForward: boolean;
  /** Names of what there is, to notice what went while nobody looked. */
  #names = new Set<string>();
  #version = '';
  #isLost = false;

  /**
   * @param options - `from`: nothing is listed, and what happened before this version, or before now
   *   for `now`, is not reported
   */
  constructor(
    options: WatchOptions,
    resource: Resource,
    selection: Selection,
    listener: WatchListener<T>,
    { from }: { readonly from?: string | undefined } = {},
  ) {
    this.#isForward = from !== undefined;
    this.#version = from === 'now' ? '' : (from ?? '');
    this.#options = options;
    this.#resource = resource;
    this.#selection = selection;
    this.#listener = listener;
  }

  /**
   * Lists once; what is there has been reported when this resolves.
   *
   * @throws {KubernetesError} when that cannot be
   */
  async list(): Promise<void> {
    const seen = new Set<string>();
    const { client, signal } = this.#options;
    this.#version = await client.list<T>(
      this.#resource,
      this.#selection,
      (object) => {
        seen.add(object.metadata.name ?? '');
        this.#listener.changed(object);
      },
      signal,
    );
    const gone = [...this.#names].filter((name) => !seen.has(name));
    this.#names = seen;
    for (const name of gone) this.#listener.removed(name, undefined);
    this.#found();
    this.#listener.complete?.();
  }

  /** Where the watch is; a later one can go on from there. */
  get version(): string {
    return this.#version;
  }

  /** Goes to the present without reading what there is. */
  async #skip(): Promise<void> {
    const { client, signal } = this.#options;
    const path = client.path(this.#resource, this.#selection.namespace);
    const page = await client.transport.json<ObjectList<T>>({ path, query: { limit: 1 }, signal });
    this.#version = page.metadata.resourceVersion ?? '';
  }

  /** Watches until the signal ends it; lists first where that was not done. Never rejects. */
  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      try {
        if (this.#version === '') await (this.#isForward ? this.#skip() : this.list());
        if (await this.#watch()) pauseMs = firstPauseMs;
      } catch (error) {
        if (signal.aborted) return;
        // What was missed is in the list.
        if (isGone(error)) {
          this.#version = '';
          continue;
        }
        this.#lose(error);
        // Rights that are missing may be given meanwhile; that is seldom, and not worth a storm.
        const wait = isPassing(error) ? pauseMs : longestPauseMs;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        await clock.sleep(wait * (0.75 + Math.random() / 2), signal).catch(() => undefined);
      }
    }
  }

  #lose(error: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#listener.lost?.(reasonOf(error));
  }

  #found(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#listener.back?.();
  }

  /** @returns whether anything came */
  async #watch(): Promise<boolean> {
    const { client, signal } = this.#options;
    const { namespace, labels, fields } = this.#selection;
    const timeoutSeconds = Math.round(watchSeconds * (1 + Math.random()));
    const answer = await client.transport.open({
      path: client.path(this.#resource, namespace),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.#version,
        timeoutSeconds,
        labelSelector: labels,
        fieldSelector: fields,
      },
      silenceMs,
      signal,
    });
    this.#found();
    let isFruitful = false;
    try {
      for await (const line of lines(answer)) {
        isFruitful = true;
        this.#take(JSON.parse(line) as WatchEvent<T>);
      }
    } catch (error) {
      throw client.transport.broken(error);
    }
    return isFruitful;
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') {
      const { code, reason, message = 'the watch failed' } = event.object;
      throw new KubernetesError(message, { status: code, reason });
    }
    const { name = '', resourceVersion } = event.object.metadata;
    if (resourceVersion !== undefined) this.#version = resourceVersion;
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') {
      this.#names.delete(name);
      this.#listener.removed(name, event.object);
      return;
    }
    this.#names.add(name);
    this.#listener.changed(event.object);
  }
}

/** The lines of an answer, as they come; a last one that is not whole is left out. */
async function* lines(answer: IncomingMessage): AsyncGenerator<string> {
  let pieces: string[] = [];
  let length = 0;
  answer.setEncoding('utf8');
  for await (const piece of answer as AsyncIterable<string>) {
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      pieces.push(piece.slice(from, end));
      yield pieces.join('');
      pieces = [];
      length = 0;
      from = end + 1;
    }
    pieces.push(piece.slice(from));
    length += piece.length - from;
    if (length > longestLine) throw new KubernetesError('the cluster sent a line without an end');
  }
}
