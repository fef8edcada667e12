import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runChild, startSkaha } from './child.js';
import { idsOf, sharedPlatform } from './harness.js';
import { noTerminal, PseudoTerminal } from './pseudo-terminal.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();
let busy = '';

const environment = () => ({
  SKAHA_URL: shell.platform.url,
  SKAHA_TOKEN: shell.platform.token,
  SKAHA_CA: shell.platform.ca,
});

const launch = async (name: string, ...command: string[]) =>
  idsOf(await shell.skaha(['create', 'headless', image, '-n', name, '-q', '--', ...command]))[0] ??
  '';

beforeAll(async () => {
  writeFileSync(join(shell.platform.home, 'busy.sh'), 'echo hello\nexec sleep 600\n');
  busy = await launch('busy', 'sh', './busy.sh');
  await shell.skaha(['wait', busy, '--for', 'running', '--interval', '10ms']);
});

const open = (script: string, env: Record<string, string> = {}) =>
  new PseudoTerminal(script, { HOME: shell.platform.home, ...environment(), ...env });

const controlC = '\u0003';
const title =
  noTerminal === undefined ? 'in a real terminal' : `in a real terminal (${noTerminal})`;

describe.skipIf(noTerminal !== undefined)(title, () => {
  test('14, 15: a table fits, is coloured, and stands below the banner', async () => {
    const terminal = open('skaha ps -o wide; NO_COLOR=1 skaha ps');
    await terminal.ended;
    const { host } = new URL(shell.platform.url);
    const [coloured = '', plain = ''] = terminal.text.split(`@${host}`).slice(1);
    expect(coloured).toContain('\u001B[32mRunning\u001B[39m');
    expect(plain).toContain(busy);
    expect(plain).not.toContain('\u001B[');
    for (const line of plain.split('\r\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('12: ids alone feed another command', async () => {
    const terminal = open('skaha info -o name $(skaha ps -q); echo "status=$?"');
    await terminal.ended;
    expect(terminal.text.split('\r\n').slice(-3)).toEqual([busy, 'status=0', '']);
  });

  test.each([
    ['ps -w --interval 1s', 'busy'],
    ['top -w', 'busy'],
    ['stats -w', 'in use'],
    ['events -f busy', 'Started'],
  ])('54: %s ends with 130 on Ctrl-C, and the cursor is back', async (words, shown) => {
    const terminal = open(`skaha ${words}; echo "status=$?"`);
    await terminal.shows(shown);
    terminal.type(controlC);
    await terminal.shows('status=130');
    const hidden = terminal.text.split('\u001B[?25l').length;
    expect(terminal.text.split('\u001B[?25h').length).toBe(hidden);
    expect(terminal.text).not.toContain('    at ');
  });

  test('what is longer than the screen goes to the pager, which may end early', async () => {
    const pager = join(shell.platform.home, 'pager');
    writeFileSync(pager, '#!/bin/sh\necho "[paged]"\nhead -n 2\n');
    chmodSync(pager, 0o755);
    const terminal = open('stty rows 5; skaha limits; skaha image ls; echo "status=$?"', {
      PAGER: pager,
    });
    await terminal.ended;
    expect(terminal.text).toContain('status=0');
    expect(terminal.text.match(/\[paged\]/g)).toHaveLength(2);
  });
});

describe('in a file', () => {
  test('14, 15: a table is whole and without colour, unless it is asked for', async () => {
    const path = join(shell.platform.home, 'out.txt');
    const write = async (...argv: string[]) => {
      const file = openSync(path, 'w');
      const { status, stderr } = await runChild(argv, environment(), { stdout: file });
      closeSync(file);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return readFileSync(path, 'utf8');
    };
    const text = await write('ps', '-o', 'wide');
    expect(text).toContain(`images.canfar.net/${image}`);
    expect(text).not.toContain('\u001B');
    expect(await write('ps', '--color', 'always')).toContain('\u001B[32mRunning');
    expect(await write('ps', '-o', 'csv', '--fields', 'id,name')).toBe(`id,name\n${busy},busy\n`);
  });
});

describe('in a pipe', () => {
  test('54: ps -w tells changes, and a closed pipe ends it silently with 0', async () => {
    const child = startSkaha(['ps', '-w', '--interval', '1s'], environment());
    await child.printed(busy);
    expect(JSON.parse(child.stdout().split('\n')[0] ?? '')).toMatchObject({
      type: 'ADDED',
      object: { id: busy, status: 'Running' },
    });
    child.process.stdout?.destroy();
    await shell.skaha(['delete', '-y', await launch('late', 'sleep', '600')]);
    await shell.skaha(['delete', '-y', busy]);
    expect(await child.ended).toBe(0);
    expect(child.stderr()).toBe('');
  });
});
