import { beforeEach, describe, expect, test } from 'vitest';
import { usualAmounts, wholeNumbers } from '../../src/commands/limits.js';
import { sharedPlatform } from '../harness.js';
import { Home } from '../identity.js';

const shell = sharedPlatform({
  config: {
    limits: {
      cores: { options: [1, 2, 4], default: 1, defaultRequest: 1, defaultLimit: 2 },
      memoryGiB: { options: [1, 8], default: 1, defaultRequest: 1, defaultLimit: 8 },
      maxInteractiveSessions: 3,
    },
  },
});
let home: Home;

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
  const { certificate } = shell.platform;
  expect((await home.run(['login', 'pass', '--certificate', certificate])).status).toBe(0);
});

const kept = async () => (await home.settings()).servers.pass.limits;
const sent = () => shell.platform.requests.length;
const create = (...words: string[]) =>
  home.run(['create', 'headless', 'skaha/terminal:1.1.2', '-n', 'a', ...words, '--', 'true']);

describe('limits that a server told', () => {
  test('are kept at the login, with the time, and shown by server ls and show', async () => {
    expect(await kept()).toEqual({
      flexible: { cores: { min: 1, max: 2 }, memory: { min: 1, max: 8 } },
      fixed: { cores: { min: 1, max: 4 }, memory: { min: 1, max: 8 } },
      gpus: { min: 0, max: 0 },
      sessions: 3,
      read: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const before = sent();
    const list = await home.run(['server', 'ls'], { terminal: { columns: 200 } });
    expect(list.stdout).toContain('1-4 cores, 1-8 GiB, 3 sessions');
    const [document] = JSON.parse((await home.run(['server', 'ls', '--json'])).stdout);
    expect(document.limits).toEqual(await kept());
    const { stdout } = await home.run(['server', 'show']);
    expect(stdout).toMatch(/Fixed +1-4 cores, 1-8 GiB\nFlexible +1-2 cores, 1-8 GiB\nGPUs +none\n/);
    expect(stdout).toMatch(/Sessions +3 interactive at a time\nLimits read +\d{4}-/);
    expect(sent()).toBe(before);
  });

  test('stand in the help of create, for the server that is meant', async () => {
    for (const words of [
      ['create', '--help'],
      ['help', 'create'],
      ['create', '--url', shell.platform.url, '-h'],
    ]) {
      const help = (await home.run(words)).stdout.replace(/\s+/g, ' ');
      expect(help).toContain('[1-4 at pass; flexible: up to 2]');
      expect(help).toContain('[1-8 GiB at pass; flexible: up to 8 GiB]');
      expect(help).toContain('[none at pass]');
    }
    const other = await home.run(['create', '--url', 'https://h.example/skaha', '-h']);
    expect(other.stdout).not.toContain('at pass');
  });

  test.each([
    [['-c', '9'], "The server 'pass' offers 1 to 4 cores, not 9."],
    [['-m', '16'], "The server 'pass' offers 1 to 8 GiB of memory, not 16."],
    [['-g', '1'], "The server 'pass' offers no GPUs."],
  ])('refuse create %j before anything is sent', async (words, why) => {
    const before = sent();
    const refused = await create(...words);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain(why);
    expect(refused.stderr).toContain("'skaha limits'");
    expect(sent()).toBe(before);
  });

  test('complete --cpu, --memory and --gpu without a request', async () => {
    const before = sent();
    const offered = async (...words: string[]) => {
      const line = ['__complete', '--current=', '--', 'create', 'headless', ...words];
      return (await home.run(line)).stdout.split('\n').filter((one) => one !== '');
    };
    expect(await offered('--cpu')).toEqual(['1', '2', '3', '4']);
    expect(await offered('-m')).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(await offered('--gpu')).toEqual([]);
    expect(sent()).toBe(before);
  });
});

describe('limits that are out of date', () => {
  const set = (key: string, value: string) =>
    home.run(['config', 'set', `servers.pass.limits.${key}`, value]);

  test('are read again by limits, and by a dry run', async () => {
    for (const words of [['limits'], ['create', 'carta', '--dry-run']]) {
      await set('fixed.cores.max', '2');
      expect((await create('-c', '4', '--dry-run')).status).toBe(2);
      expect((await home.run(words)).status).toBe(0);
      expect((await kept()).fixed.cores).toEqual({ min: 1, max: 4 });
      expect((await create('-c', '4', '--dry-run')).status).toBe(0);
    }
  });

  test('are read by a launch that gives a size, once', async () => {
    await home.run(['config', 'unset', 'servers.pass.limits']);
    const asked = () => shell.platform.requests.filter(({ path }) => path.endsWith('/context'));
    const before = asked().length;
    const launched = await create('-c', '1', '-m', '1');
    expect(launched).toMatchObject({ status: 0, stderr: expect.not.stringContaining('Error') });
    expect((await kept()).fixed.cores).toEqual({ min: 1, max: 4 });
    expect(asked()).toHaveLength(before + 1);
  });

  test('ask first when they are old, and count all the same when nobody answers', async () => {
    await set('fixed.cores.max', '2');
    await set('read', '2020-01-02T03:04:05Z');
    expect((await create('-c', '4', '--dry-run')).status).toBe(0);
    await set('fixed.cores.max', '2');
    await set('read', '2020-01-02T03:04:05Z');
    await home.run(['config', 'set', 'servers.pass.url', 'https://127.0.0.1:1/skaha']);
    const refused = await create('-c', '4', '--retries', '0');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('since 2020-01-02');
  });
});

test('many amounts are offered as powers of two and both ends', () => {
  expect(wholeNumbers({ min: 1, max: 192 })).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 192]);
  expect(wholeNumbers({ min: 1, max: 32 })).toEqual([1, 2, 4, 8, 16, 32]);
  expect(wholeNumbers({ min: 0, max: 2 })).toEqual([1, 2]);
  expect(usualAmounts([1, 2, 6])).toEqual([1, 2, 6]);
  expect(usualAmounts(Array.from({ length: 20 }, (_, index) => 2 * index + 2))).toEqual([
    2, 4, 8, 16, 32, 40,
  ]);
  expect(wholeNumbers({ min: 0, max: 0 })).toEqual([]);
});
