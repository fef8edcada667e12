import { SkahaClient } from 'skaha/internal/client.js';
import { onTestFinished } from 'vitest';
import {
  JumpingClock,
  type Received,
  type Reply,
  type TestServer,
  testServer,
  wireSession,
} from '../../client/tests/fixtures.js';
import { type RunOptions, runSkaha, type Shell } from './harness.js';

/** A server whose replies a test writes itself, and a shell for it. */
export interface StandInShell {
  server: TestServer;
  skaha: Shell;
  /** Jumps over every pause of the command. */
  clock: JumpingClock;
}

/** What a session has beside what every session has. */
export type Fields = Parameters<typeof wireSession>[1];

/**
 * Starts a server for one test.
 *
 * @param answer - gets the number of the request, from 1
 */
export async function standIn(
  answer: (request: Received, count: number) => Reply,
): Promise<StandInShell> {
  const server = await testServer(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const clock = new JumpingClock(700_000);
  const connect = async () =>
    new SkahaClient({ url: `${server.url}/v1`, anonymous: true, clock: new JumpingClock() });
  return {
    server,
    clock,
    skaha: (argv, { services, ...run }: RunOptions = {}) =>
      runSkaha(argv, { ...run, services: { connect, clock, ...services } }),
  };
}

/** A server that lists one state of the sessions after the other; the last one stays. */
export const lists = (...states: readonly (readonly unknown[] | Reply)[]) =>
  standIn((_request, count) => {
    const state = states[Math.min(count, states.length) - 1] ?? [];
    return Array.isArray(state) ? { body: JSON.stringify(state) } : (state as Reply);
  });

/** A session as the server sends it. */
export const session = (id: string, fields: Fields = {}) => wireSession(id, fields);
