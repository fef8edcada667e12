import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxObstacle } from '@skaha/platform-local/sandbox/probe.js';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../fixtures.js';

/** Runs one session in a process of its own, and prints its log. */
const program = `
import { mkdirSync } from 'node:fs';
const [root, runners, runner] = process.argv.slice(1);
const { chooseRunner } = await import(runners);
const home = root + '/home/ada';
for (const name of ['/home/ada', '/sessions', '/scratch']) mkdirSync(root + name, { recursive: true });
const chosen = await chooseRunner({ runner });
const over = async () => {
  for await (const chunk of (await one.logs('abc')).stream()) process.stdout.write(chunk);
  one.close();
};
const one = chosen.make({
  data: root, sessions: root + '/sessions', scratch: root + '/scratch', scripts: root,
  instance: 'fd' + process.pid, graceMs: 100, directoryOf: (volume) => volume.kind === 'scratch' ? root + '/scratch/' + volume.key : home,
  clock: { now: Date.now, sleep: async () => undefined },
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  listener: { started() {}, noted() {}, pending() {}, outOfTouch() {}, refused: (_, why) => console.log(why), ended: over },
});
const environment = { HOME: one.placeOf({ kind: 'home', user: 'ada' }), skaha_sessionid: 'abc' };
one.launch({
  key: 'abc', id: 'abc', user: 'ada', uid: process.getuid(), kind: 'headless', image: 'x',
  command: ['/bin/sh', '-c', 'for one in 17 30 99; do cat /proc/self/fd/$one; done 2>/dev/null; echo done'],
  name: 'job', job: 'job', groups: [], environment, secrets: {}, network: 'none', gpus: 0,
  volumes: [{ kind: 'home', user: 'ada' }, { kind: 'scratch', key: 'abc' }],
  requests: { cores: 1, memory: 2 ** 30 }, lifetimeSeconds: 3600,
  limits: { cores: 1, memory: 2 ** 30, processes: 64 },
});
setTimeout(() => undefined, 20_000).ref();
setInterval(() => { if (one.isOver) process.exit(); }, 50).unref();
`;

const obstacle = await sandboxObstacle();
const runners = new URL('../../dist/runners.js', import.meta.url).href;

test.each(['process', 'sandbox'] as const)(
  'what is open in the shell that starts a platform is not open in sessions: %s',
  async (runner) => {
    if (runner === 'sandbox' && obstacle !== undefined) return;
    const root = temporaryDirectory();
    const secret = join(root, 'secret');
    writeFileSync(secret, 'swordfish\n', { mode: 0o600 });
    mkdirSync(join(root, 'state'));
    const open = openSync(secret, 'r');
    const stdio = Array.from({ length: 100 }, (_, index) =>
      [17, 30, 99].includes(index) ? open : ('ignore' as const),
    );
    const words = ['--input-type=module', '-e', program, join(root, 'state'), runners, runner];
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'inherit', ...stdio.slice(3)],
    });
    closeSync(open);
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += String(data);
      if (text.includes('done\n')) child.kill();
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(text).toBe('done\n');
  },
);
