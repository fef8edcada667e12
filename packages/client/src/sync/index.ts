/// <reference lib="esnext.disposable" preserve="true" />
import type { Context as AsyncContext } from '../context.js';
import type { Images as AsyncImages } from '../images.js';
import type { Overview as AsyncOverview } from '../overview.js';
import type { Session as AsyncSession } from '../session/session.js';
import { Bridge, refuseUncrossable } from './bridge.js';
import type { Blocking, SyncOptions } from './types.js';

export type {
  Blocking,
  Crossing,
  CrossingArguments,
  CrossingOf,
  Returned,
  SyncOptions,
} from './types.js';

/** Something with a connection and a thread that can be shared. */
export interface BridgeHolder extends Disposable {
  /** Closes the connections and ends the thread, if this object created them itself. */
  close(): void;
}

/** Of every part, the way to its thread: nobody outside this module sees it. */
const bridges = new WeakMap<object, Bridge>();

function* items(bridge: Bridge, iterator: number): Generator<unknown, void> {
  let ended = false;
  try {
    for (;;) {
      const answer = bridge.ask({ do: 'next', iterator });
      if (answer.kind !== 'item') {
        ended = true;
        return;
      }
      yield answer.value;
    }
  } finally {
    if (!ended) bridge.ask({ do: 'return', iterator });
  }
}

/** A function for every name asked for, and an object of such functions for names within it. */
function remote(bridge: Bridge, path: readonly string[]): (...args: unknown[]) => unknown {
  const call = (...args: unknown[]): unknown => {
    refuseUncrossable(args, 'arguments');
    const answer = bridge.ask({ do: 'call', path, args });
    if (answer.kind === 'iterator') return items(bridge, answer.iterator);
    return answer.kind === 'value' ? answer.value : undefined;
  };
  return new Proxy(call, {
    get: (target, name) =>
      typeof name === 'symbol' || name in target
        ? Reflect.get(target, name)
        : remote(bridge, [...path, name]),
  });
}

class BlockingPart implements BridgeHolder {
  readonly #owned: Bridge | undefined;

  constructor(part: string, source: SyncOptions | BridgeHolder) {
    const shared = bridges.get(source);
    const bridge = shared ?? new Bridge(source as SyncOptions);
    this.#owned = shared === undefined ? bridge : undefined;
    const calls = remote(bridge, [part]);
    const proxy = new Proxy(this, {
      get: (target, name) =>
        typeof name === 'symbol' || name in target
          ? memberOf(target, name)
          : Reflect.get(calls, name),
    });
    bridges.set(proxy, bridge);
    // biome-ignore lint/correctness/noConstructorReturn: the calls are found by their names
    return proxy;
  }

  close(): void {
    this.#owned?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function memberOf(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name, target);
  return typeof member === 'function' ? member.bind(target) : member;
}

/** A class with blocking versions of the calls of another class. */
export type PartClass<Part> = new (
  source?: SyncOptions | BridgeHolder,
) => Blocking<Part> & BridgeHolder;

function blocking<Part>(part: string): PartClass<Part> {
  const made = class extends BlockingPart {
    constructor(source: SyncOptions | BridgeHolder = {}) {
      super(part, source);
    }
  };
  // The proxy of the base class answers to every call of `Part`.
  return made as unknown as PartClass<Part>;
}

/**
 * Blocking versions of the calls of `Session`: they return values, and `watch` and `follow` are
 * ordinary generators. Use them in scripts and for trying things out in Node; in a server they
 * would block everything else. You cannot pass functions or signals; `timeoutMs` ends a call that
 * takes too long.
 *
 * @example
 * ```ts
 * import { Session } from 'skaha/sync';
 *
 * const sessions = new Session();
 * const { ids } = sessions.create({ name: 'hello', image: 'skaha/terminal:1.1.2', cmd: 'date' });
 * sessions.wait(ids, { until: 'finished' });
 * for (const { text } of sessions.logs(ids)) console.log(text);
 * sessions.close();
 * ```
 */
export const Session: PartClass<AsyncSession> = blocking('sessions');
/** The calls of `Session`, which return values. */
export interface Session extends Blocking<AsyncSession>, BridgeHolder {}

/** Blocking versions of the calls of `Images`. See {@link Session}. */
export const Images: PartClass<AsyncImages> = blocking('images');
/** The calls of `Images`, which return values. */
export interface Images extends Blocking<AsyncImages>, BridgeHolder {}

/**
 * Blocking versions of the calls of `Context`: the resources that sessions may request. See
 * {@link Session}.
 */
export const Context: PartClass<AsyncContext> = blocking('context');
/** The calls of `Context`, which return values. */
export interface Context extends Blocking<AsyncContext>, BridgeHolder {}

/**
 * Blocking versions of the calls of `Overview`: availability and capabilities. See {@link Session}.
 */
export const Overview: PartClass<AsyncOverview> = blocking('overview');
/** The calls of `Overview`, which return values. */
export interface Overview extends Blocking<AsyncOverview>, BridgeHolder {}
