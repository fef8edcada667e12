import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runChild, startSkaha } from './child.js';
import { idsOf, sharedPlatform } from './harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();

const environment = () => ({
  SKAHA_URL: shell.platform.url,
  SKAHA_TOKEN: shell.platform.token,
  SKAHA_CA: shell.platform.ca,
});

async function launch(name: string, script: string): Promise<string> {
  writeFileSync(join(shell.platform.home, `${name}.sh`), script);
  const words = ['create', 'headless', image, '-n', name, '-q', '--', 'sh', `./${name}.sh`];
  const id = idsOf(await shell.skaha(words))[0] ?? '';
  // A small machine runs two sessions at a time: none may stay behind.
  onTestFinished(async () => {
    await shell.skaha(['delete', '-y', id]);
  });
  return id;
}

describe('the built command', () => {
  test('answers --version and help without any configuration', async () => {
    const nowhere = { HOME: '/nonexistent', SKAHA_CONFIG: '{"not":"a path"}' };
    expect(await runChild(['--version'], nowhere)).toEqual({
      status: 0,
      stdout: 'skaha 0.1.0\n',
      stderr: '',
    });
    const help = await runChild(['ps', '--help'], nowhere);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: skaha ps');
    expect((await runChild(['version'], nowhere)).status).toBe(0);
  });

  test('launches, waits, and prints the log', async () => {
    const made = await runChild(
      ['create', 'headless', image, '-n', 'child', '--json', '--', 'echo', 'hello'],
      environment(),
    );
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const [id] = JSON.parse(made.stdout);
    expect((await runChild(['wait', id, '--interval', '10ms'], environment())).status).toBe(0);
    expect(await runChild(['logs', id], environment())).toEqual({
      status: 0,
      stdout: 'hello\n',
      stderr: '',
    });
  });

  test('reads ids from a pipe', async () => {
    const id = await launch('piped', 'exec sleep 600\n');
    const words = ['info', '-', '-o', 'name'];
    expect(await runChild(words, environment(), { stdin: `${id}\n` })).toEqual({
      status: 0,
      stdout: `${id}\n`,
      stderr: '',
    });
    expect(await runChild(['info', '-', '--json'], environment())).toMatchObject({
      status: 0,
      stdout: '[]\n',
    });
  });

  test.each([
    ['SIGINT', 130, 'Cancelled.'],
    ['SIGTERM', 143, 'Terminated.'],
  ] as const)('%s ends logs -f with %d', async (signal, status, word) => {
    const name = `loop-${signal.toLowerCase()}`;
    await launch(name, 'echo ready\nexec sleep 600\n');
    const child = startSkaha(['logs', '-f', name, '--interval', '100ms'], environment());
    await child.printed('ready');
    child.process.kill(signal);
    expect(await child.ended).toBe(status);
    expect(child.stderr()).toContain(word);
    expect(child.stderr()).not.toContain('    at ');
  });

  test('a closed pipe ends it silently with 0', async () => {
    await launch('endless', 'while :; do echo line; sleep 0.05; done\n');
    const child = startSkaha(['logs', '-f', 'endless', '--interval', '100ms'], environment());
    await child.printed('line');
    child.process.stdout?.destroy();
    expect(await child.ended).toBe(0);
    expect(child.stderr()).toBe('');
  });

  // Not every system has a file that is always full.
  test.runIf(existsSync('/dev/full'))('a full disk is told in one line', async () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const ended = await runChild(['version'], {}, { stdout: full });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/^Error: The output cannot be written: .+\n$/);
  });

  test('Ctrl-C in the middle of 50 replicas lists those that exist', async () => {
    const { platform, skaha } = shell;
    platform.faults.inject({ kind: 'slow', delayMs: 100, method: 'POST' });
    platform.faults.inject({ kind: 'slow-queue' });
    const words = ['create', 'headless', image, '-n', 'fifty', '-r', '50', '-q', '--', 'true'];
    const child = startSkaha(words, { ...environment(), SKAHA_CONCURRENCY: '2' });
    const posts = () => platform.requests.filter(({ method }) => method === 'POST').length;
    const before = posts();
    while (posts() < before + 6) await new Promise((resolve) => setTimeout(resolve, 20));
    child.process.kill('SIGINT');
    expect(await child.ended).toBe(130);
    platform.faults.clear();
    const listed = JSON.parse((await skaha(['ps', '--all', '--json'])).stdout);
    const fifty = listed.filter(({ name }: { name: string }) => name.startsWith('fifty'));
    const ids = child.stdout().split('\n').filter(Boolean);
    expect(ids.sort()).toEqual(fifty.map(({ id }: { id: string }) => id).sort());
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThan(50);
  });
});
