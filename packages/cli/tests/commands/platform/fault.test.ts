import { join } from 'node:path';
import { type Platform, startPlatform } from 'skaha-platform';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { runSkaha } from '../../harness.js';

let home: string;
let data: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  data = join(home, 'state');
});

const fault = (...line: readonly string[]) =>
  runSkaha(['platform', 'fault', ...line, '--data', data], { terminal: { env: { HOME: home } } });

async function running(): Promise<Platform> {
  layKeys(data);
  const platform = await startPlatform({ data, port: 0, user: 'ada', runner: 'process' });
  onTestFinished(() => platform.stop());
  return platform;
}

describe('platform fault', () => {
  test('faults are set, listed and cleared while it runs', async () => {
    const platform = await running();
    const none = await fault();
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toContain('No faults are active.');
    expect((await fault('set', 'slow-queue')).status).toBe(0);
    const set = await fault('set', 'slow', 'delayMs=5', 'path=/skaha/v1/session');
    expect(set.stderr).toContain("The fault 'slow' is active.");
    expect(platform.faults.active).toEqual([
      { kind: 'slow-queue' },
      { kind: 'slow', delayMs: 5, path: '/skaha/v1/session' },
    ]);
    expect(JSON.parse((await fault('ls', '--json')).stdout)).toEqual([
      { fault: 'slow-queue', settings: {} },
      { fault: 'slow', settings: { delayMs: 5, path: '/skaha/v1/session' } },
    ]);
    expect((await fault('ls')).stdout).toMatch(/^slow\s+delayMs=5 path=\/skaha\/v1\/session$/m);
    await fault('clear', 'slow');
    expect(platform.faults.active).toEqual([{ kind: 'slow-queue' }]);
    await fault('clear');
    expect(platform.faults.active).toEqual([]);
  });

  test('what there is can be seen without a platform', async () => {
    const { status, stdout } = await fault('available', '--json');
    expect(status).toBe(0);
    const names = JSON.parse(stdout).map((one: { fault: string }) => one.fault);
    expect(names).toEqual(expect.arrayContaining(['slow-queue', 'lost-response', 'oidc-down']));
  });

  test('a wrong name is refused with what there is; so is a setting that it has not', async () => {
    await running();
    const unknown = await fault('set', 'slow-que');
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('There is no fault "slow-que".');
    expect(unknown.stderr).toContain('slow-queue');
    const setting = await fault('set', 'slow-queue', 'delayMs=5');
    expect(setting.stderr).toContain('The fault slow-queue has no setting "delayMs".');
    expect((await fault('set')).status).toBe(2);
    expect((await fault('ls', 'slow')).status).toBe(2);
    expect((await fault('do')).status).toBe(2);
  });

  test('without a platform there is nothing to ask', async () => {
    const { status, stderr } = await fault('set', 'slow-queue');
    expect(status).toBe(6);
    expect(stderr).toContain('No platform is running.');
  });
});
