import {
  type CreateOptions,
  type CreateResult,
  chunk,
  type ErrorCode,
  type PartialError,
  type PlatformStats,
  type SessionChange,
  type SessionInfo,
  SkahaClient,
  SkahaError,
  stripeAsync,
} from 'skaha';
import { describe, expectTypeOf, test } from 'vitest';

// Nothing here runs against a server: `npm run check` compiles it, and that is the test. A line
// after `@ts-expect-error` that compiles after all fails the check.
const never = (): boolean => false;
const client = (): SkahaClient => new SkahaClient({ url: 'https://host.example/skaha' });

describe('what compiles, and into what', () => {
  test('calls of sessions', () => {
    const calls = (skaha: SkahaClient) => ({
      create: skaha.sessions.create({ name: 'a', image: 'b/c', replicas: 2, memoryGiB: 4 }),
      wait: skaha.sessions.wait(['a'], { until: 'finished', any: true }),
      watch: skaha.sessions.watch(),
      follow: skaha.sessions.follow('a', { tail: 10 }),
      stats: skaha.sessions.stats({ timeoutMs: 1000, signal: AbortSignal.timeout(1) }),
    });
    type Calls = ReturnType<typeof calls>;

    expectTypeOf<Calls['create']>().resolves.toEqualTypeOf<CreateResult>();
    expectTypeOf<Calls['wait']>().resolves.toEqualTypeOf<SessionInfo[]>();
    expectTypeOf<Calls['stats']>().resolves.toEqualTypeOf<PlatformStats>();
    expectTypeOf<Calls['watch']>().toEqualTypeOf<AsyncGenerator<SessionChange, void>>();
    expectTypeOf<Calls['follow']>().toEqualTypeOf<AsyncGenerator<string, void>>();
  });

  test('kinds and statuses of a newer server pass, and known ones are offered', () => {
    expectTypeOf<'a-new-kind'>().toExtend<SessionInfo['kind']>();
    expectTypeOf<SessionInfo['kind']>().toExtend<string>();
    expectTypeOf<SessionInfo['startTime']>().toEqualTypeOf<Date | undefined>();
  });

  test('errors carry a known code', () => {
    expectTypeOf<SkahaError['code']>().toEqualTypeOf<ErrorCode>();
    expectTypeOf<PartialError<string>['done']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<'quota.exceeded'>().toExtend<ErrorCode>();
    expectTypeOf<'quota.exceded'>().not.toExtend<ErrorCode>();
  });

  test('parts of any sequence keep its type', () => {
    expectTypeOf(chunk(new Set([1]))).toEqualTypeOf<Generator<number, void>>();
    expectTypeOf(stripeAsync(['a'])).toEqualTypeOf<AsyncGenerator<string, void>>();
  });

  test('a client closes by itself at the end of a block', () => {
    expectTypeOf<SkahaClient>().toExtend<AsyncDisposable>();
  });
});

describe('what must not compile', () => {
  test('options that do not exist or lack their unit', () => {
    if (never()) {
      // @ts-expect-error the unit belongs to the name: memoryGiB
      void client().sessions.create({ name: 'a', image: 'b/c', memory: 4 });
      // @ts-expect-error timeoutMs
      void client().sessions.stats({ timeout: 30 });
      // @ts-expect-error an environment holds text
      void client().sessions.create({ name: 'a', image: 'b/c', env: { N: 1 } });
      // @ts-expect-error a session has an image
      void client().sessions.create({ name: 'a' });
      // @ts-expect-error arguments come apart
      void client().sessions.create({ name: 'a', image: 'b/c', cmd: 'echo', args: 'a b' });
    }
  });

  test('waiting without an end, or for what cannot be', () => {
    if (never()) {
      // @ts-expect-error wait for what?
      void client().sessions.wait(['a']);
      // @ts-expect-error no such state to wait for
      void client().sessions.wait(['a'], { until: 'done' });
    }
  });

  test('destroying without saying which', () => {
    if (never()) {
      // @ts-expect-error everything must be asked for
      void client().sessions.destroyWith({});
      // @ts-expect-error one way to choose at a time
      void client().sessions.destroyWith({ prefix: 'a', all: true });
      // @ts-expect-error a list, even of one
      void client().sessions.destroy('abcd1234');
    }
  });

  test('changing what was reported', () => {
    const change = (error: SkahaError, options: CreateOptions) => {
      // @ts-expect-error a code stays
      error.code = 'internal';
      // @ts-expect-error codes are known ones
      throw new SkahaError('nonsense', `no ${options.name}`);
    };
    const mix = (error: PartialError<string>) => {
      // @ts-expect-error what was done was done
      error.done.push('more');
    };
    expectTypeOf(change).toBeFunction();
    expectTypeOf(mix).toBeFunction();
  });
});
