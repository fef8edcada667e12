import type { CreateResult, Resources, SessionChange, SessionInfo } from 'skaha';
import { type Context, Session } from 'skaha/sync';
import { describe, expectTypeOf, test } from 'vitest';

// Compiled by `npm run check`, never run against a server; see public-types.test.ts.
const never = (): boolean => false;

describe('the blocking calls', () => {
  test('return values and generators', () => {
    type Calls = InstanceType<typeof Session>;

    expectTypeOf<ReturnType<Calls['create']>>().toEqualTypeOf<CreateResult>();
    expectTypeOf<ReturnType<Calls['info']>>().toEqualTypeOf<SessionInfo[]>();
    expectTypeOf<ReturnType<Calls['watch']>>().toEqualTypeOf<Generator<SessionChange, void>>();
    expectTypeOf<ReturnType<Calls['apps']['list']>>().toEqualTypeOf<SessionInfo[]>();
    expectTypeOf<
      ReturnType<InstanceType<typeof Context>['resources']>
    >().toEqualTypeOf<Resources>();
    expectTypeOf<ReturnType<Calls['close']>>().toEqualTypeOf<void>();
  });

  test('take neither signals nor functions', () => {
    if (never()) {
      const sessions = new Session({ url: 'https://host.example/skaha', timeoutMs: 1000 });
      sessions.fetch({ timeoutMs: 1000, kind: 'headless' });
      sessions.destroyWith({ prefix: 'a' });
      // @ts-expect-error a signal cannot be raised while the thread waits
      sessions.fetch({ signal: AbortSignal.timeout(1) });
      // @ts-expect-error a function cannot cross over to the other thread
      sessions.create({ name: 'a', image: 'b/c', onCreated: () => {} });
      // @ts-expect-error nor can a transport
      new Session({ fetch });
      // @ts-expect-error which ones?
      sessions.destroyWith({});
    }
  });
});
