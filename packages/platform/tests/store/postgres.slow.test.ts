import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { stopPlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import type { Platform, PlatformDescription } from '../../src/types.js';
import { highestMiBOf } from '../durability/audit.js';
import {
  create,
  events,
  exists,
  get,
  list,
  post,
  send,
  temporaryDirectory,
  until,
  untilStatus,
} from '../fixtures.js';
import { withPostgres } from './database.js';

/** As many as a platform has after months; AUDIT_SESSIONS makes it more. */
const ended = Number(process.env['AUDIT_SESSIONS'] ?? 20_000);

type Described = Platform & PlatformDescription;

withPostgres('state in PostgreSQL', (database) => {
  /** A platform in a process of its own, on a folder in which nothing was before. */
  async function detached(data = join(temporaryDirectory(), 'data')): Promise<Described> {
    layKeys(data);
    const options = { data, store: database.store, user: 'adastra', port: 0, runner: 'process' };
    const description = await startDetached(options);
    onTestFinished(async () => {
      await stopPlatform({ data });
    });
    // The requests of the fixtures need no more than this of a platform.
    return description as unknown as Described;
  }

  async function kill(platform: Described): Promise<void> {
    process.kill(platform.pid, 'SIGKILL');
    await until(() => !exists(platform.pid));
  }

  test('killed at random, each time with all that is on its disk, it knows what it promised', async () => {
    const acknowledged = new Map<string, string>();
    const deleted = new Set<string>();
    /** Whoever gets no answer does not know whether it was done. */
    const unanswered = new Set<string>();
    let platform: Described | undefined;
    let isOver = false;
    let number = 0;
    const creating = async () => {
      while (!isOver) {
        number += 1;
        const name = `n${number}`;
        const answer =
          platform && (await post(platform, { name, cmd: 'true' }).catch(() => undefined));
        if (answer?.status === 200) acknowledged.set(name, answer.body.trim());
        await pause(answer === undefined ? 50 : 5);
      }
    };
    const deleting = async () => {
      while (!isOver) {
        await pause(150);
        const id = [...acknowledged.values()].find((one) => !deleted.has(one));
        if (platform === undefined || id === undefined) continue;
        const path = `/skaha/v1/session/${id}`;
        const answer = await send(platform, 'DELETE', path).catch(() => undefined);
        if (answer === undefined) unanswered.add(id);
        if (answer?.status === 200) deleted.add(id);
      }
    };
    const work = [creating(), creating(), creating(), deleting()];
    for (let round = 0; round < 4; round += 1) {
      platform = await detached();
      await pause(300 + Math.random() * 1_500);
      const victim = platform;
      await kill(victim);
      platform = undefined;
    }
    isOver = true;
    await Promise.all(work);
    const last = await detached();
    const known = await list(last);
    const ids = known.map(({ id }) => id);
    const names = known.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const promised = [...acknowledged.values()].filter(
      (id) => !deleted.has(id) && !unanswered.has(id),
    );
    expect(promised.filter((id) => !ids.includes(id))).toEqual([]);
    expect([...deleted].filter((id) => ids.includes(id))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(20);
    process.stdout.write(
      `${JSON.stringify({ acknowledged: acknowledged.size, deleted: deleted.size })}\n`,
    );
  }, 240_000);

  test('one that was held up writes nothing over what the next one wrote, and ends', async () => {
    const first = await detached();
    const one = await create(first, { name: 'one', cmd: 'sleep', args: '600' });
    await untilStatus(first, one, 'Running');
    process.kill(first.pid, 'SIGSTOP');
    const second = await detached();
    await send(second, 'DELETE', `/skaha/v1/session/${one}`);
    const two = await create(second, { name: 'two', cmd: 'true' });
    await untilStatus(second, two, 'Completed');
    const told = await events(second, two);
    process.kill(first.pid, 'SIGCONT');
    await until(() => !exists(first.pid));
    expect(readFileSync(join(first.data, 'platform.log'), 'utf8')).toContain(
      'platform gives up its place: another platform',
    );
    expect(await database.ask('SELECT key FROM skaha.sessions')).toEqual([{ key: two }]);
    expect(await events(second, two)).toBe(told);
  }, 120_000);

  test('a server that does not answer holds nobody up for long', async () => {
    const platform = await detached();
    const id = await create(platform, { name: 'before', cmd: 'sleep', args: '600' });
    await untilStatus(platform, id, 'Running');
    database.server.signalAll('SIGSTOP');
    try {
      const refused = await post(platform, { name: 'meanwhile' });
      expect(refused.status).toBe(503);
      expect(await get(platform, id)).toMatchObject({ status: 'Running' });
    } finally {
      database.server.signalAll('SIGCONT');
    }
    const late = await until(async () => {
      const answer = await post(platform, { name: 'after', cmd: 'true' });
      return answer.status === 200 && answer.body.trim();
    });
    await untilStatus(platform, late, 'Completed');
    const names = (await list(platform)).map(({ name }) => name);
    expect(names.sort()).toEqual(['after', 'before']);
  }, 120_000);

  test(`${ended} ended sessions are read at each start`, async () => {
    const first = await detached();
    const id = await create(first, { name: 'one', cmd: 'true' });
    await untilStatus(first, id, 'Completed');
    await stopPlatform({ data: first.data, sessions: 'leave' });
    await database.ask(multiply(id));
    const began = performance.now();
    const second = await detached();
    const seconds = (performance.now() - began) / 1000;
    const metrics = (await send(second, 'GET', '/metrics')).body;
    expect(metrics.split('\n')).toContain(
      `skaha_sessions{kind="headless",status="Completed"} ${ended + 1}`,
    );
    const last = `s${String(ended).padStart(7, '0')}`;
    expect(await events(second, last)).toBe(await events(second, id));
    expect(existsSync(join(second.data, 'skaha-copy.db'))).toBe(true);
    const created = await create(second, { name: 'more', cmd: 'true' });
    await untilStatus(second, created, 'Completed');
    process.stdout.write(
      `${JSON.stringify({ sessions: ended, seconds, highestMiB: highestMiBOf(second.pid) })}\n`,
    );
  }, 300_000);
});

/** Makes very many of one session that is over. */
const multiply = (id: string) => `
  INSERT INTO skaha.sessions (key, owner, record, kind, phase, sequence, due, turn, started)
    SELECT name, owner, replace(record, '${id}', name), kind, phase, sequence + n, due, turn, started
    FROM skaha.sessions, generate_series(1, ${ended}) AS n, format('s%s', lpad(n::text, 7, '0')) AS name
    WHERE key = '${id}';
  INSERT INTO skaha.events (session, position, row)
    SELECT format('s%s', lpad(n::text, 7, '0')), position, row
    FROM skaha.events, generate_series(1, ${ended}) AS n WHERE session = '${id}';
`;
