import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Images, Session } from '../../src/sync/unavailable.js';
import { type TestPlatform, testPlatform } from '../fixtures.js';

const program = fileURLToPath(new URL('program.mjs', import.meta.url));

let shared: TestPlatform;
beforeAll(async () => {
  shared = await testPlatform();
});
afterAll(() => shared[Symbol.asyncDispose]());

/** What a piece of the program comes to; it must end by itself. */
async function run(piece: string) {
  const { url, token, ca } = shared.platform;
  const settings = JSON.stringify({ piece, options: { url, token, ca } });
  const { stdout } = await promisify(execFile)(process.execPath, [program, settings], {
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}

describe('blocking calls', () => {
  test('do the work of a batch from the first line to the last', async () => {
    expect(await run('work')).toEqual({
      statuses: ['Completed', 'Completed'],
      isDate: true,
      logs: [
        ['1\n', 2],
        ['2\n', 2],
      ],
      destroyed: 2,
    });
  });

  test('of several parts share one thread, which is the owner’s to end', async () => {
    expect(await run('parts')).toMatchObject({
      images: true,
      cores: true,
      available: true,
      still: true,
      apps: { value: [] },
      after: { fields: { code: 'client.closed' } },
    });
  });

  test('give generators in place of asynchronous ones, which can be left', async () => {
    expect(await run('generators')).toEqual({ log: '1\n', changes: ['added'] });
  });

  test('end with their process, also when nobody closed them', async () => {
    expect(await run('unclosed')).toBe(0);
  });

  test('take neither functions nor signals, and say what to do', async () => {
    const refused = await run('refused');

    expect(refused.map(({ isValidation }: { isValidation: boolean }) => isValidation)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(refused[2].document.hint).toContain('timeoutMs');
  });

  test('are refused where no thread can be waited for', () => {
    expect(() => new Session()).toThrow(/need Node/);
    expect(() => new Images()).toThrow(/need Node/);
  });
});

describe('errors of blocking calls', () => {
  test('are of the same class, with code, hint and cause, and tell where they were called', async () => {
    const lift = shared.platform.faults.inject({
      kind: 'slow',
      delayMs: 5_000,
      path: '/skaha/v1/image',
    });
    const { missing, partial, invalid, timeout } = await run('errors');
    lift();

    expect(missing).toMatchObject({
      name: 'SkahaError',
      isSkaha: true,
      isPartial: false,
      fields: { code: 'session.not_found', id: 'nosuchid', hint: expect.any(String) },
      namesThisFile: true,
    });
    expect(partial).toMatchObject({
      name: 'PartialError',
      isPartial: true,
      document: { code: 'partial.failure' },
      fields: {
        done: [{ name: 'kept' }],
        failed: [{ index: 1, item: 'nosuchid', error: { code: 'session.not_found' } }],
      },
    });
    expect(invalid).toMatchObject({
      name: 'ValidationError',
      isValidation: true,
      fields: { code: 'request.invalid', issues: [{ path: 'cores' }] },
    });
    expect(timeout).toMatchObject({ isSkaha: true, fields: { code: 'transport.timeout' } });
  });
});
