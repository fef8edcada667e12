import { expect, test } from 'vitest';
import { RequestLog } from '../../src/faults/request-log.js';

test('the request log keeps the latest requests only', () => {
  const log = new RequestLog();
  for (let count = 0; count <= 10_000; count += 1) log.add('GET', `/${count}`, ['Host', 'x']);
  expect(log.entries.length).toBeLessThanOrEqual(10_000);
  expect(log.entries.at(-1)).toEqual({ method: 'GET', path: '/10000', headers: ['host'] });
});

test('requests are remembered up to a number, and up to a size', () => {
  const log = new RequestLog();
  for (let count = 0; count < 1_000; count += 1) {
    log.add('GET', `/${count}/${'a'.repeat(8_000)}`, ['b'.repeat(8_000), '']);
  }
  const characters = log.entries.reduce(
    (sum, { path, headers }) => sum + path.length + headers.join('').length,
    0,
  );
  expect(characters).toBeLessThanOrEqual(2 ** 22);
  expect(log.entries.length).toBeGreaterThan(100);
  expect(log.entries.at(-1)?.path.startsWith('/999/')).toBe(true);
});
