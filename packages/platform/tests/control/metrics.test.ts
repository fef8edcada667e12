import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestMeter, routeOf } from '@skaha/engine/http/request-meter.js';
import { expect, test } from 'vitest';
import { describePlatform } from '../../src/control/client.js';
import type { Platform } from '../../src/types.js';
import { create, send, testPlatform, until, untilStatus } from '../fixtures.js';

async function samples(platform: Platform): Promise<Map<string, number>> {
  const { status, headers, body } = await send(platform, 'GET', '/metrics', { token: null });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = body.trimEnd().split('\n');
  for (const line of lines) {
    expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? [0-9.e+-]+)$/);
  }
  return new Map(
    lines
      .filter((line) => !line.startsWith('#'))
      .map((line) => {
        const blank = line.lastIndexOf(' ');
        return [line.slice(0, blank), Number(line.slice(blank + 1))];
      }),
  );
}

test('metrics and status tell what runs, what waits and what it takes, and nobody’s name', async () => {
  const platform = await testPlatform({
    config: {
      capacity: { cores: 2, memoryGiB: 4 },
      lifetimes: { stopGraceMs: 100 },
      users: [{ name: 'quentin' }],
    },
  });
  const { token } = platform.users[1] ?? { token: '' };
  const ended = await create(platform, { cmd: 'true' });
  await untilStatus(platform, ended, 'Completed');
  const running = await create(platform, { cmd: 'sleep', args: '600', cores: '2', ram: '1' });
  await create(platform, { name: 'secretplan', cmd: 'true' }, { token });
  await untilStatus(platform, running, 'Running');
  writeFileSync(join(platform.home, 'some.data'), 'x'.repeat(100_000));

  const found = await samples(platform);
  expect(Object.fromEntries(found)).toMatchObject({
    'skaha_platform_info{runner="process"}': 1,
    'skaha_sessions{kind="headless",status="Completed"}': 1,
    'skaha_sessions{kind="headless",status="Running"}': 1,
    'skaha_sessions{kind="headless",status="Pending"}': 1,
    skaha_queue_length: 1,
    skaha_capacity_cores: 2,
    skaha_requested_cores: 2,
    skaha_requested_memory_bytes: 2 ** 30,
    'skaha_requests_total{method="POST",route="/skaha/v1/session",status="200"}': 3,
    'skaha_request_duration_seconds_bucket{method="POST",route="/skaha/v1/session",status="200",le="+Inf"}': 3,
  });
  expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  const words = [...found.keys()].join('\n');
  for (const secret of ['quentin', 'adastra', 'secretplan', running, ended]) {
    expect(words).not.toContain(secret);
  }

  const described = await until(async () => {
    const description = await describePlatform(platform.data);
    return (description?.used.memory ?? 0) > 0 && description;
  });
  expect(described).toMatchObject({
    sessions: { Completed: 1, Running: 1, Pending: 1 },
    kinds: { headless: { Completed: 1, Running: 1, Pending: 1 } },
    queued: 1,
    capacity: { cores: 2, memory: 4 * 2 ** 30 },
    requested: { cores: 2, memory: 2 ** 30 },
    disk: { complete: true, free: expect.any(Number), used: expect.any(Number) },
  });
  expect(described.disk?.used).toBeGreaterThan(100_000);
});

test.each([
  ['/skaha/v1/session', '/skaha/v1/session'],
  ['/skaha/v1/session?view=stats', '/skaha/v1/session'],
  ['/skaha/v1/session/abcd1234?view=logs', '/skaha/v1/session/{id}'],
  ['/skaha/v0/session/abcd1234/app/x1', '/skaha/v0/session/{id}/app'],
  ['/skaha/v1/context', '/skaha/v1/context'],
  ['/skaha/capabilities', '/skaha/capabilities'],
  ['/session/notebook/abcd1234/lab/tree/home?token=x', '/session/{kind}/{id}'],
  ['/ac/whoami', '/ac'],
  ['/control/v1/status', '/control'],
  ['/users/adastra', 'other'],
  ['*', 'other'],
])('the route of %s is %s', (url, route) => {
  expect(routeOf(url)).toBe(route);
});

test('durations are counted in classes that contain each other', () => {
  const meter = new RequestMeter();
  for (const seconds of [0.001, 0.3, 60]) meter.add('GET', '/x', 200, seconds);
  meter.add('BREW', '/x', 0, 1);
  const [get, brew] = meter.counts;
  expect(get).toMatchObject({ method: 'GET', route: 'other', status: 200, count: 3 });
  expect(get?.seconds).toBeCloseTo(60.301);
  const within = new Map(get?.within);
  expect([within.get(0.005), within.get(0.25), within.get(0.5), within.get(10)]).toEqual([
    1, 1, 2, 2,
  ]);
  expect(brew).toMatchObject({ method: 'other', status: 0, count: 1 });
});
