import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { sharedPlatform } from './harness.js';
import { decide, Home, passwordOf } from './identity.js';
import { noTerminal, PseudoTerminal } from './pseudo-terminal.js';

const shell = sharedPlatform();
let home: Home;

const enter = '\r';
const down = '\u001B[B';
const controlC = '\u0003';

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
});

const open = (script: string) => new PseudoTerminal(script, { HOME: home.path });

const title =
  noTerminal === undefined ? 'in a real terminal' : `in a real terminal (${noTerminal})`;

describe.skipIf(noTerminal !== undefined)(title, () => {
  test('a login with menus and a hidden password', async () => {
    const password = await passwordOf(shell.platform);
    const terminal = open('skaha login; echo "status=$?"; skaha whoami -q');
    await terminal.shows('Identity provider');
    await terminal.shows('Passwords only (pass)');
    terminal.type(down + down + down + enter);
    await terminal.shows('User name for Passwords only');
    terminal.type(`ada${enter}`);
    await terminal.shows('Password of ada');
    terminal.type(password + enter);
    await terminal.shows('status=0');
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toContain('Logged in to pass as ada');
    expect(terminal.text).toMatch(/\nada\r\n$/);
    expect(terminal.text).not.toContain(password);
    expect((await stat(join(home.path, '.ssl/pass.pem'))).mode & 0o777).toBe(0o600);
  });

  test('Ctrl-C at the password: 130, nothing saved, and the terminal echoes again', async () => {
    const before = await home.text();
    const terminal = open('skaha login pass -u ada; echo "status=$?"; stty -a');
    await terminal.shows('Password of ada');
    terminal.type('half-SENTINEL');
    terminal.type(controlC);
    await terminal.ended;
    expect(terminal.text).toContain('status=130');
    expect(terminal.text).toContain('Cancelled. Nothing was saved.');
    expect(terminal.text).toMatch(/ icanon /);
    expect(terminal.text).toMatch(/ echo /);
    expect(terminal.text).not.toContain('SENTINEL');
    expect(await home.text()).toBe(before);
  });

  test('a login with link, code and QR code counts down until it is approved', async () => {
    const terminal = open('skaha login code --no-browser; echo "status=$?"');
    await terminal.shows('Waiting for approval');
    const code = await decide(shell.platform, true);
    await terminal.shows('status=0');
    expect(terminal.text).toContain(`user_code=${code.slice(0, 4)}`);
    expect(terminal.text).toContain('█▀');
    expect(terminal.text).toContain('Logged in to code as ada');
  });

  test('Ctrl-C while waiting: 130, and nothing is saved', async () => {
    const before = await home.text();
    const terminal = open('skaha login code --no-browser --no-qr; echo "status=$?"');
    await terminal.shows('Waiting for approval');
    terminal.type(controlC);
    await terminal.shows('status=130');
    expect(await home.text()).toBe(before);
    await decide(shell.platform, false);
  });

  test('removing the login in use is asked for, and no is the default', async () => {
    const terminal = open(
      `skaha login pass --certificate '${shell.platform.certificate}'; skaha auth rm pass; echo "status=$?"`,
    );
    await terminal.shows('[y/N]');
    terminal.type(enter);
    await terminal.shows('status=0');
    expect(terminal.text).toContain('Nothing was removed.');
    expect(await home.text()).toContain('credential: pass');
  });
});
