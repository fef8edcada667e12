import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platformLogFile, startPlatform } from 'skaha-platform';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { type Result, runSkaha } from '../../harness.js';

let home: string;
let data: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  data = join(home, 'state');
});

const platform = (...line: readonly string[]): Promise<Result> =>
  runSkaha(['platform', ...line, '--data', data], { terminal: { env: { HOME: home } } });

test('the configuration is written with comments, shown, found and checked', async () => {
  const path = join(data, 'platform.yaml');
  const shown = await platform('config');
  expect(shown).toMatchObject({ status: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^# Configuration of this local Science Platform/);
  expect(shown.stdout).toBe(await readFile(path, 'utf8'));
  expect((await platform('config', '--path')).stdout).toBe(`${path}\n`);
  expect(await platform('config', '--check')).toMatchObject({
    status: 0,
    stdout: '',
    stderr: `${path} is valid.\n`,
  });

  await writeFile(path, 'capacity: { cores: many }\n');
  expect((await platform('config')).stdout).toBe('capacity: { cores: many }\n');
  const checked = await platform('config', '--check');
  expect(checked.status).toBe(1);
  expect(checked.stderr).toContain(`${path} is not valid: capacity.cores`);
  expect((await platform('config', '--check', '--path')).status).toBe(2);
});

test('a command of an image that no session runs is told when the file is checked', async () => {
  const image = (rest: string) => `images: [{ id: images.canfar.net/me/lab:1, ${rest} }]\n`;
  const checked = async (rest: string) => {
    await writeFile(join(data, 'platform.yaml'), image(rest));
    const { status, stderr } = await platform('config', '--check');
    expect(status, stderr).toBe(0);
    return stderr;
  };
  await platform('config');
  const vain = await checked('types: [notebook], command: [jupyter, lab]');
  expect(vain).toContain('images.canfar.net/me/lab:1 has no effect on a notebook');
  expect(vain).toContain('commands: { notebook: [...] }');
  for (const rest of [
    'types: [notebook], commands: { notebook: [jupyter, lab] }',
    'types: [notebook, headless], command: [python3]',
    'types: [contributed], command: [python3]',
  ])
    expect(await checked(rest)).not.toContain('no effect');
});

test('status tells what runs and what it takes', async () => {
  layKeys(data);
  const own = await startPlatform({
    data,
    port: 0,
    runner: 'process',
    config: { capacity: { cores: 2, memoryGiB: 3 } },
  });
  onTestFinished(() => own.stop());
  const { stdout } = await platform('status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    uptimeSeconds: expect.any(Number),
    sessions: {},
    kinds: {},
    queued: 0,
    capacity: { cores: 2, memory: 3 * 2 ** 30 },
    requested: { cores: 0, memory: 0 },
    used: { cores: 0, memory: 0 },
    memory: expect.any(Number),
    disk: { used: expect.any(Number), complete: true, free: expect.any(Number) },
  });
  const people = (await platform('status')).stdout;
  expect(people).toMatch(/^Cores +0 of 2 requested, 0 used$/m);
  expect(people).toMatch(/^Memory +0 MiB of 3\.0 GiB requested, 0 MiB used$/m);
  expect(people).toMatch(/^Disk +[\d.]+ [MG]iB in its data, [\d.]+ [MG]iB free$/m);
});

test('the log is shown in words, or as it is', async () => {
  await platform('config');
  const path = platformLogFile(data);
  const entry = {
    time: '2026-08-06T15:25:07.123Z',
    level: 'warn',
    message: 'something',
    status: 5,
  };
  const raw = `${JSON.stringify(entry)}\nno entry\n{"half": \n`;
  await writeFile(path, raw);
  expect((await platform('logs')).stdout).toBe(
    '2026-08-06T15:25:07.123Z warn  something\nno entry\n{"half": \n',
  );
  expect((await platform('logs', '--raw')).stdout).toBe(raw);
  await appendFile(path, '{"level":"info"}\nwithout its end');
  expect((await platform('logs', '--tail', '2')).stdout).toBe('{"level":"info"}\nwithout its end');
});

test('the last lines of a long log are found, however long they are', async () => {
  await platform('config');
  const lines = Array.from({ length: 5 }, (_, index) => `${index}${'x'.repeat(50_000)}\n`);
  await writeFile(platformLogFile(data), lines.join(''));
  for (const count of [0, 1, 4, 5, 6]) {
    const { stdout } = await platform('logs', '--raw', '--tail', String(count));
    expect([count, stdout === lines.slice(5 - Math.min(count, 5)).join('')]).toEqual([count, true]);
  }
});
