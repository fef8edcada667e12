import type { MessagePort } from 'node:worker_threads';
import type { SkahaClientOptions } from '../client/options.js';

/** Removes what cannot be passed to another thread: functions and signals. */
export type Crossing<Option> = Option extends unknown ? CrossingOf<Option> : never;

/** The options that can be passed to another thread. */
export type CrossingOf<Option> = {
  [Key in keyof Option as NonNullable<Option[Key]> extends
    | AbortSignal
    | ((...args: never[]) => unknown)
    ? never
    : Key]: Option[Key];
};

/** The arguments of a call that can be passed to another thread. */
export type CrossingArguments<Args extends readonly unknown[]> = {
  [Index in keyof Args]: NonNullable<Args[Index]> extends readonly unknown[] | string
    ? Args[Index]
    : Crossing<NonNullable<Args[Index]>> | Extract<Args[Index], undefined>;
};

/** What a blocking call returns. */
export type Returned<Result> =
  Result extends AsyncGenerator<infer Item, unknown>
    ? Generator<Item, void>
    : Result extends Promise<infer Value>
      ? Value
      : Result;

/**
 * The calls of a class, with values instead of promises and generators instead of async generators.
 */
export type Blocking<Part> = {
  readonly [Key in keyof Part as Key extends 'close' | symbol ? never : Key]: Part[Key] extends (
    ...args: infer Args
  ) => infer Result
    ? (...args: CrossingArguments<Args>) => Returned<Result>
    : Blocking<Part[Key]>;
};

/** The options of a blocking client: those of `SkahaClient` that are plain data. */
export type SyncOptions = Omit<
  SkahaClientOptions,
  'clock' | 'fetch' | 'logger' | 'onRetry' | 'random' | 'signal'
>;

/** What the other thread is asked to do. */
export type WorkerRequest =
  | { readonly do: 'open'; readonly options: SyncOptions }
  | { readonly do: 'call'; readonly path: readonly string[]; readonly args: readonly unknown[] }
  | { readonly do: 'next' | 'return'; readonly iterator: number }
  | { readonly do: 'close' };

/** What it answers. */
export type Answer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'iterator'; readonly iterator: number }
  | { readonly kind: 'item'; readonly value: unknown }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: unknown };

/** What the other thread starts with. */
export interface Lines {
  /** Counts its answers; who waits for one sleeps on it. */
  readonly answers: SharedArrayBuffer;
  readonly port: MessagePort;
}
