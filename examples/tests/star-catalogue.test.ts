import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SkahaClient } from 'skaha';
import { startPlatform } from 'skaha-platform';
import { describe, expect, test } from 'vitest';
import { folder, keysIn, type RunOptions, run, top } from './programs.js';

const start = (args: readonly string[], options: RunOptions) =>
  run(process.execPath, [join(top, 'examples/star-catalogue/start.mjs'), ...args], options);

/** The stars that one sees without a telescope: enough where their number is not the point. */
const bright = createRequire(import.meta.url).resolve('d3-celestial/data/stars.6.json');
const few = ['--catalogue', bright];

/** Processes of this home that still run, where the system tells. */
function leftIn(home: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/environ`, 'utf8').includes(home);
      } catch {
        return false;
      }
    });
}

interface Summary {
  stars: number;
  replicas: number;
  picture: string;
  sessions: string[];
}

const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Summary;

describe('the star catalogue', () => {
  test('counts and draws every star, twice, and leaves nothing running', async () => {
    const home = folder();
    const picture = join(home, 'stars.svg');

    const first = await start(['--json', '--out', picture], { home });

    expect(first.stderr).toContain('8 replicas: 0 pending, 0 running, 8 done');
    expect(first.status).toBe(0);
    expect(lastLine(first.stdout)).toEqual({
      stars: 118_216,
      replicas: 8,
      picture,
      sessions: expect.toSatisfy((ids: string[]) => new Set(ids).size === 9),
    });
    const svg = readFileSync(picture, 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).toContain('118,216 stars of the Hipparcos catalogue, counted by 8 replicas');
    expect(svg).toContain('Sirius, V = −1.44');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);

    const second = await start([...few, '--replicas', '3', '--out', picture], { home });

    expect(second.status).toBe(0);
    expect(second.stdout).toMatch(/stars read +5,044\nwith a colour +5,042\n/);
    expect(second.stdout).toContain('sessions         4 (3 replicas');
    expect(leftIn(home)).toEqual([]);
    // The platform of the user, if there is one, is another.
    expect(existsSync(join(home, '.local/share/skaha'))).toBe(false);
  });

  test('uses the platform that runs, and leaves it running', async () => {
    const home = folder();
    const data = join(home, '.local/share/skaha/platform');
    keysIn(home);
    const platform = await startPlatform({ data, port: 0 });
    try {
      const picture = join(home, 'stars.svg');
      const ended = await start([...few, '--json', '--replicas', '2', '--out', picture], { home });

      expect(ended.stderr).toContain(`platform: ${platform.url} (already running)`);
      expect(ended.status).toBe(0);
      const { url, token, ca } = platform;
      const skaha = new SkahaClient({ url, token, ca });
      const left = () => skaha.sessions.fetch();
      expect(lastLine(ended.stdout).sessions).toHaveLength(3);
      expect(await left()).toEqual([]);

      const words = [...few, '--json', '--keep', '--replicas', '2', '--out', picture];
      const kept = await start(words, { home });

      const ids = lastLine(kept.stdout).sessions;
      expect((await left()).map(({ id }) => id).sort()).toEqual([...ids].sort());
      await skaha.close();
    } finally {
      await platform.stop();
    }
  });

  test('shows the log of a replica that failed, and ends with 8', async () => {
    const home = folder();
    const broken = join(home, 'broken.json');
    writeFileSync(broken, '{"features": [');

    const ended = await start(['--replicas', '2', '--catalogue', broken], { home });

    expect(ended.stderr).toMatch(/The log of stars-\w+-\d \(\w+\) ends with:\n/);
    expect(ended.stderr).toContain('SyntaxError');
    expect(ended.stderr).toContain('Error: 2 of 2 sessions failed');
    expect(ended.stdout).toBe('');
    expect(ended.status).toBe(8);
    expect(leftIn(home)).toEqual([]);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s removes its sessions and ends with %d', async (signal, status) => {
    const home = folder();

    const ended = await start(few, { home, interruptAt: { text: 'pending', signal } });

    expect(ended.stderr).toContain('Interrupted');
    expect(ended.status).toBe(status);
    expect(leftIn(home)).toEqual([]);
  });

  test('an interrupted run leaves none of its sessions on a platform that runs', async () => {
    const home = folder();
    const data = join(home, '.local/share/skaha/platform');
    keysIn(home);
    const platform = await startPlatform({ data, port: 0 });
    const { url, token, ca } = platform;
    const skaha = new SkahaClient({ url, token, ca });
    try {
      const interruptAt = { text: 'pending', signal: 'SIGINT' } as const;
      platform.faults.inject({
        kind: 'slow',
        method: 'GET',
        path: '/skaha/v1/session',
        delayMs: 50,
      });
      const other = await skaha.sessions.create({
        name: 'other',
        image: 'skaha/terminal:1.1.2',
        cmd: 'sleep',
        args: ['600'],
      });

      const ended = await start(few, { home, interruptAt });

      expect(ended.status).toBe(130);
      expect((await skaha.sessions.fetch()).map(({ id }) => id)).toEqual(other.ids);
    } finally {
      await skaha.close();
      await platform.stop();
    }
  });

  test.each([
    [['--replicas', '0'], /--replicas takes a whole number from 1 to 64, not "0"/],
    [['--replicas', 'many'], /--replicas takes a whole number/],
    [['--colour'], /--colour/],
  ])('%j is wrong usage', async (args, message) => {
    const ended = await start(args, { home: folder() });

    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).toContain('Hint: ');
    expect(ended.status).toBe(2);
  });

  test('says which file it cannot read', async () => {
    const ended = await start(['--catalogue', '/no/such/stars.json'], { home: folder() });

    expect(ended.stderr).toContain('Error: The file /no/such/stars.json cannot be read.');
    expect(ended.status).toBe(1);
  });
});
