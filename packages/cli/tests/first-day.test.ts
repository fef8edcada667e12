import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { width } from '@skaha/terminal/output/text.js';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runSkaha, sharedPlatform } from './harness.js';
import { noTerminal, PseudoTerminal } from './pseudo-terminal.js';

const shell = sharedPlatform();
const image = 'skaha/terminal:1.1.2';
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'skaha-first-day-'));
  const { url, ca, tokenFile } = shell.platform;
  const add = ['context', 'add', 'here', '--url', url, '--ca', ca, '--token-file', tokenFile];
  expect(await runSkaha(add, { terminal: { env: { HOME: home } } })).toMatchObject({ status: 0 });
  return () => rmSync(home, { recursive: true, force: true });
});
afterEach(() => shell.platform.faults.clear());

const open = (script: string, cols?: number) => new PseudoTerminal(script, { HOME: home }, cols);

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is steered with
const steering = /\u001B(?:\[[\d;?]*[A-Za-z]|[78=>])/g;
const linesOf = ({ text }: PseudoTerminal): string[] => text.replace(steering, '').split('\r\n');

const title = noTerminal === undefined ? 'on a terminal' : `on a terminal (${noTerminal})`;

describe.skipIf(noTerminal !== undefined)(title, () => {
  test('a launch that waits says so, and why, and when that changes', async () => {
    shell.platform.faults.inject({ kind: 'slow-queue' });
    const terminal = open(`skaha create headless ${image} -n mute --attach -- echo done`);
    await terminal.shows('Pending');
    await terminal.shows('FailedScheduling');
    await terminal.shows('waiting for the queue');
    shell.platform.faults.clear();
    expect(await terminal.ended).toBe(0);
    const lines = linesOf(terminal);
    const at = (what: string) => lines.findIndex((line) => line.includes(what));
    expect(at('created ')).toBeGreaterThanOrEqual(0);
    expect(at('waiting for the queue')).toBeGreaterThan(at('created '));
    expect(at('done')).toBeGreaterThan(at('waiting for the queue'));
    expect(terminal.text.match(/FailedScheduling/g)).toHaveLength(1);
  });

  test.each([
    `skaha create notebook nobody/knows-this:1`,
    `skaha create skaha/astromi`,
    `skaha create headless ${image} --attach --rm -- no-such-program-anywhere`,
    `skaha jobs show no-such-batch`,
    `skaha ps --filter stat=Running`,
    `skaha logs no-such-session`,
    `skaha platform stop --data /nonexistent/skaha/data/of/a/platform/that/is/not/there`,
  ])('80 columns: words of ours break between words: %s', async (script) => {
    const terminal = open(`${script}; echo end`, 80);
    await terminal.ended;
    for (const line of linesOf(terminal)) expect(width(line)).toBeLessThanOrEqual(80);
    // A command to be copied is on one line.
    const whole =
      linesOf(terminal)
        .join(' ')
        .match(/'skaha [^']*'/g) ?? [];
    for (const command of whole.filter((each) => width(each) <= 80))
      expect(linesOf(terminal).some((line) => line.includes(command))).toBe(true);
  });

  test('streams of a command come in the order in which they were written', async () => {
    await shell.skaha(['create', 'headless', image, '-n', 'streams', '-q', '--', 'sleep', '600']);
    await shell.skaha(['wait', 'streams', '--for', 'running']);
    const loop = 'for i in 1 2 3 4 5 6 7 8; do echo out$i; echo err$i >&2; done';
    const terminal = open(`skaha exec --no-tty streams -- sh -c '${loop}'`);
    await terminal.ended;
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(linesOf(terminal).filter((line) => /^(out|err)\d$/.test(line))).toEqual(
      numbers.flatMap((number) => [`out${number}`, `err${number}`]),
    );
  });

  test('a log that is attached to is between what was said before and after it', async () => {
    const terminal = open(
      `skaha create headless ${image} -n order --attach --sh 'echo out; echo err >&2; exit 3'; echo "status=$?"`,
    );
    await terminal.ended;
    const text = linesOf(terminal).join('\n');
    expect(text).toMatch(
      /created \w+ \(order\)[\s\S]*\nout\nerr\n[\s\S]*Failed\nError: [\s\S]*\nHint: [\s\S]*\nstatus=8/,
    );
  });

  test('create alone asks with the arrow keys, and prints the command it made', async () => {
    // What was launched before would be offered first.
    const script = 'export XDG_STATE_HOME=$HOME/nothing-yet; skaha create; echo "status=$?"';
    const terminal = open(script, 80);
    await terminal.shows('What kind of session?');
    // From the first of them to the last one and beyond is the last but none: headless.
    terminal.type('\u001B[A\r');
    await terminal.shows('Which image?');
    terminal.type('termx\r');
    await terminal.shows('None has that in its name');
    terminal.type('\u007F');
    await terminal.shows('1 match');
    terminal.type('\r');
    await terminal.shows('What should it run?');
    terminal.type('echo hello\r');
    await terminal.shows('What size?');
    terminal.type('\r');
    await terminal.shows('What should it be called?');
    terminal.type('asked\r');
    await terminal.shows('status=0');
    const text = linesOf(terminal).join(' ');
    expect(text).toMatch(
      /The same as a command: skaha create headless \S*skaha\/terminal:1\.1\.2 -n asked -- echo hello/,
    );
    expect(text).toMatch(/created \w{8} \(asked\)/);
  });
});

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `PATH=/usr/local/bin:/usr/bin:/bin; command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
};

describe('images have what their names promise', () => {
  test.each([
    ['skaha/python:latest', 'python', 'python3'],
    ['skaha/astroml:latest', 'python', 'python3'],
    ['skaha/astroml:latest', 'pip', 'pip3'],
    ['skaha/node:latest', 'node', 'node'],
    ['skaha/terminal:1.1.2', 'sh', 'sh'],
  ])('%s: %s', async (name, program, here) => {
    if (!has(here)) return;
    const words = program === 'sh' ? ['-c', 'true'] : ['--version'];
    const made = await shell.skaha([
      ...['create', 'headless', name, '-n', 'promise', '--attach', '--rm', '--'],
      ...[program, ...words],
    ]);
    expect(made).toMatchObject({ status: 0 });
  });

  test('a program that is not there is named, with what to do', async () => {
    const made = await shell.skaha([
      ...['create', 'headless', 'skaha/python:latest', '-n', 'absent', '--wait', '--'],
      'no-such-program-anywhere',
    ]);
    expect(made.status).toBe(8);
    expect(made.stderr).toContain('There is no program "no-such-program-anywhere" in this session');
  });
});
