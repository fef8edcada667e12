import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Interruption } from '../../src/exit.js';
import { idsOf, type RunOptions, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform({ config: { capacity: { cores: 8, memoryGiB: 64 } } });
const headless = (words: readonly string[], run: RunOptions = {}) =>
  shell.skaha(['create', 'headless', image, ...words], run);
const posts = () => shell.platform.requests.filter(({ method }) => method === 'POST').length;
const listed = async () => idsOf(await shell.skaha(['ps', '--all', '-q']));

describe('create --sh and --script', () => {
  test('run what cannot stand on a command line', async () => {
    const text = `x="two  words"; printf '%s|' "$x" "\\"quoted\\"" 'Ångström ☉'\nexit 0`;
    const made = await headless(['-n', 'sh', '--attach', '--sh', text]);
    expect(made).toMatchObject({ status: 0, stdout: 'two  words|"quoted"|Ångström ☉|' });
    const path = join(mkdtempSync(join(tmpdir(), 'skaha-script-')), 'job.sh');
    writeFileSync(path, '#!/bin/sh\nfor i in 1 2; do\n  echo "$i of $REPLICA_COUNT"\ndone\n');
    const script = await headless(['-n', 'script', '--attach', '--script', path]);
    expect(script).toMatchObject({ status: 0, stdout: '1 of 1\n2 of 1\n' });
  });

  test.each<[string, string[], RegExp]>([
    ['both', ['--sh', 'x', '--script', 'y'], /--script and --sh cannot be used together/],
    ['a command too', ['--sh', 'x', '--', 'ls'], /cannot be used together/],
    ['a file that is not there', ['--script', '/nowhere'], /\/nowhere cannot be read/],
    ['too long', ['--sh', 'x'.repeat(33_000)], /at most 32768/],
    ['empty', ['--sh', ' '], /empty/],
  ])('refused: %s', async (_what, words, message) => {
    const before = shell.platform.requests.length;
    const refused = await headless(words);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(message);
    expect(shell.platform.requests.length).toBe(before);
  });

  test('refused: for a notebook', async () => {
    const refused = await shell.skaha(['create', 'notebook', 'skaha/astroml', '--sh', 'x']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('for headless sessions');
  });
});

test.each<[string, string[], number]>([
  ['a batch', ['true'], 0],
  ['one that fails', ['false'], 8],
])('%s spares memory while it sends, and no longer', async (_what, command, status) => {
  const seen: string[] = [];
  const spareMemory = async () => {
    seen.push('spares');
    return () => void seen.push('spares no more');
  };
  const words = ['-n', 'many', '--array', '0-2', '--retries', '1', '--backoff', '1ms', '-q', '--'];
  const made = await headless([...words, ...command], { services: { spareMemory } });
  expect(made.status).toBe(status);
  expect(seen).toEqual(['spares', 'spares no more']);
});

describe('create --attach', () => {
  test('prints the log of each replica with its name, and what was created on stderr', async () => {
    const made = await headless(['-n', 'two', '-r', '2', '--attach', '--', 'echo', 'hello']);
    expect(made.status).toBe(0);
    expect(made.stdout.split('\n').filter(Boolean).sort()).toEqual([
      expect.stringMatching(/^two-1\/[a-z0-9]{8} │ hello$/),
      expect.stringMatching(/^two-2\/[a-z0-9]{8} │ hello$/),
    ]);
    expect(made.stderr).toMatch(/^created [a-z0-9]{8} \(two-1\)$/m);
  });

  test('a job that fails ends the command with 8', async () => {
    const made = await headless(['-n', 'bad', '--attach', '--sh', 'echo "so far"; exit 1']);
    expect(made).toMatchObject({ status: 8, stdout: 'so far\n' });
    expect(made.stderr).toMatch(/Error: The session bad \([a-z0-9]{8}\) failed\./);
  });

  test('Ctrl-C says what is still there, and how to end it', async () => {
    const controller = new AbortController();
    const made = await headless(['-n', 'long', '--attach', '--sh', 'echo "go"; sleep 600'], {
      terminal: { signal: controller.signal },
      onOut: () => controller.abort(new Interruption('SIGINT')),
    });
    expect(made).toMatchObject({ status: 130, stdout: 'go\n' });
    const id = /Still there: long \(([a-z0-9]{8})\)/.exec(made.stderr)?.[1] ?? '';
    expect(made.stderr).toContain(`Delete it with 'skaha delete ${id}', follow it with`);
    expect(await listed()).toContain(id);
    await shell.skaha(['delete', '-y', id]);
  });

  test.each<[string, string[], RegExp]>([
    ['JSON', ['--attach', '--json'], /prints the log/],
    ['ids only', ['--attach', '-q'], /prints the log/],
    ['a browser', ['--open'], /nothing to open/],
    ['a time after --wait', ['--wait', '10m'], /--wait-timeout 10m/],
  ])('does not go with %s', async (_what, words, message) => {
    const before = posts();
    const refused = await headless([...words, '--', 'true']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(message);
    expect(posts()).toBe(before);
  });
});

describe('create --rm', () => {
  test('leaves nothing behind, be it done or failed', async () => {
    const done = await headless(['-n', 'gone', '--rm', '--attach', '--', 'echo', 'x']);
    expect(done).toMatchObject({ status: 0, stdout: 'x\n' });
    const [, id = ''] = /deleted ([a-z0-9]{8}) \(gone\)/.exec(done.stderr) ?? [];
    expect(await listed()).not.toContain(id);
    const failed = await headless(['-n', 'gone', '--rm', '-q', '--sh', 'exit 1']);
    expect(failed.status).toBe(8);
    expect(failed.stderr).not.toContain('skaha logs');
    expect(failed.stderr).toContain('without --rm');
    expect(await listed()).not.toContain(idsOf(failed)[0]);
  });

  const interrupted = (answer: string, terminal: RunOptions['terminal']) => {
    const controller = new AbortController();
    return headless(['-n', 'asked', '--rm', '--attach', '--sh', 'echo "go"; sleep 600'], {
      terminal: { ...terminal, signal: controller.signal },
      stdin: answer,
      onOut: () => controller.abort(new Interruption('SIGINT')),
    });
  };

  test('after Ctrl-C asks first', async () => {
    const yes = await interrupted('y\n', { inIsTty: true });
    expect(yes.status).toBe(130);
    expect(yes.stderr).toMatch(/Delete 1 session: asked \([a-z0-9]{8}\)\? \[y\/N\]/);
    expect(yes.stderr).toContain('deleted ');
    const no = await interrupted('n\n', { inIsTty: true });
    expect(no.stderr).toContain('Still there: asked');
    const nobody = await interrupted('', {});
    expect(nobody.stderr).toContain('Still there: asked');
    const sure = await interrupted('', { env: { SKAHA_YES: '1' } });
    expect(sure.stderr).toContain('deleted ');
    const left = JSON.parse((await shell.skaha(['ps', '--json'])).stdout);
    expect(left.filter(({ name }: { name: string }) => name === 'asked')).toHaveLength(2);
    expect((await shell.skaha(['delete', '-y', '--filter', 'name=asked'])).status).toBe(0);
  });
});

test('what cannot be deleted after Ctrl-C is named', async () => {
  const controller = new AbortController();
  const { faults } = shell.platform;
  const lift = faults.inject({ kind: 'status-503', method: 'DELETE', retryAfterSeconds: 3_600 });
  const ended = await headless(['-n', 'stays', '--rm', '--attach', '--sh', 'echo go; sleep 600'], {
    terminal: { signal: controller.signal, env: { SKAHA_YES: '1' } },
    onOut: () => controller.abort(new Interruption('SIGTERM')),
  });
  lift();
  expect(ended.status).toBe(143);
  expect(ended.stderr).toContain('Not everything was deleted: ');
  const [, id = ''] = /Still there: stays \(([a-z0-9]{8})\)/.exec(ended.stderr) ?? [];
  expect(await listed()).toContain(id);
  expect((await shell.skaha(['delete', '-y', id])).status).toBe(0);
});

describe('the size of a session', () => {
  const planned = async (words: string[]) => {
    const made = await headless(['--dry-run', '--json', ...words, '--', 'true']);
    const document = made.status === 0 ? JSON.parse(made.stdout)[0].parameters : {};
    return { status: made.status, stderr: made.stderr, cores: document.cores, ram: document.ram };
  };

  test('is flexible unless something is said', async () => {
    expect(await planned([])).toMatchObject({ cores: undefined, ram: undefined });
    expect(await planned(['--flex'])).toMatchObject({ cores: undefined, ram: undefined });
  });

  test('--fixed fills in what the platform preselects', async () => {
    const plain = await planned(['--fixed']);
    expect(plain.cores).toMatch(/^\d+$/);
    expect(plain.ram).toMatch(/^\d+$/);
    expect(await planned(['--fixed', '-c', '2'])).toMatchObject({ cores: '2', ram: plain.ram });
  });

  test.each([
    ['4Gi', '4'],
    ['4G', '4'],
    ['4096Mi', '4'],
    ['4', '4'],
    ['1500Mi', '2'],
  ])('--memory %s sends ram=%s', async (text, ram) => {
    expect(await planned(['-m', text, '-c', '1'])).toMatchObject({ ram });
  });

  test.each([['--fixed'], ['--cpu=2'], ['--memory=4']])(
    '--flex does not go with %s',
    async (word) => {
      const refused = await planned(['--flex', word]);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('cannot be used together');
    },
  );
});

describe('create --progress', () => {
  test('json tells of each launch and each change, also beside JSON output', async () => {
    const made = await headless([
      ...['-n', 'told', '-r', '2', '--json', '--wait', '--progress', 'json', '--', 'true'],
    ]);
    expect(made.status).toBe(0);
    const told = made.stderr.trimEnd().split('\n');
    const events = told.map((line) => JSON.parse(line));
    expect(events.filter(({ event }) => event === 'launch')).toMatchObject([
      { phase: 'launched', done: 1, total: 2, id: expect.any(String), time: expect.any(String) },
      { phase: 'launched', done: 2, total: 2 },
    ]);
    expect(events.at(-1)).toMatchObject({ event: 'wait', done: 2, total: 2 });
  });

  test('none keeps quiet', async () => {
    const made = await headless(['-n', 'mute', '--wait', '--progress', 'none', '--', 'true']);
    expect(made).toMatchObject({ status: 0, stderr: '' });
  });
});
