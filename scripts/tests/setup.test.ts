import { describe, expect, test } from 'vitest';
import { capture, npm } from '../lib/command.mjs';
import { isAtLeast, isInstalled } from '../lib/setup.mjs';
import { Steps } from '../lib/steps.mjs';
import { repository } from './fixture.js';

describe('set-up', () => {
  test.each([
    ['20.19.0', true],
    ['20.19.1', true],
    ['20.20.0', true],
    ['22.0.0', true],
    ['20.18.9', false],
    ['18.99.99', false],
    ['9.0.0', false],
  ])('Node %s is new enough: %s', (version, expected) => {
    expect(isAtLeast(version, '20.19.0')).toBe(expected);
  });

  const entry = { version: '1.0.0', integrity: 'sha512-x' };
  const installed = (wanted: object, present?: object) =>
    isInstalled(
      repository({
        'package-lock.json': JSON.stringify({ packages: { '': {}, ...wanted } }),
        ...(present && {
          'node_modules/.package-lock.json': JSON.stringify({ packages: present }),
        }),
      }),
    );

  test('knows when the dependencies are there', () => {
    expect(installed({ 'node_modules/a': entry }, { 'node_modules/a': entry })).toBe(true);
    expect(installed({ 'node_modules/b': { ...entry, optional: true } }, {})).toBe(true);
  });

  test('knows when they are not', () => {
    expect(installed({ 'node_modules/a': entry })).toBe(false);
    expect(installed({ 'node_modules/a': entry }, {})).toBe(false);
    expect(
      installed({ 'node_modules/a': entry }, { 'node_modules/a': { ...entry, version: '1.0.1' } }),
    ).toBe(false);
    expect(installed({ 'node_modules/a': { resolved: 'packages/a', link: true } }, {})).toBe(false);
  });

  test('runs the npm that runs it', () => {
    const before = process.env['npm_execpath'];
    process.env['npm_execpath'] = '/opt/npm/bin/npm-cli.js';
    const own = npm(['ci']);
    process.env['npm_execpath'] = '/opt/yarn/bin/yarn.js';
    const other = npm(['ci']);
    if (before === undefined) delete process.env['npm_execpath'];
    else process.env['npm_execpath'] = before;

    expect(own).toEqual({ file: process.execPath, args: ['/opt/npm/bin/npm-cli.js', 'ci'] });
    expect(other).toEqual({ file: 'npm', args: ['ci'] });
  });
});

describe('steps', () => {
  const recorded = () => {
    let text = '';
    let time = 0;
    const write = (more: string) => {
      text += more;
    };
    return { steps: new Steps({ write, now: () => (time += 500) }), text: () => text };
  };

  test('take one line each, and show all of what failed', async () => {
    const { steps, text } = recorded();

    await steps.run('long', () => ({ ok: text().includes('long: a minute') }), {
      takes: 'a minute',
    });
    await steps.run('good', () => ({ ok: true, output: 'unseen' }));
    await steps.run('silent', () => ({ ok: true }), { quiet: true });
    await steps.run('bad', () => ({ ok: false, output: 'a.ts:1: wrong\n' }));
    await steps.run('broken', () => {
      throw new Error('no such tool');
    });

    expect(text()).toMatch(/^… {7}long: a minute\nok {6}long \(0.5 s\)\n/);
    expect(text()).toContain('ok      good (0.5 s)\n');
    expect(text()).not.toMatch(/unseen|silent/);
    expect(text()).toContain('failed  bad (0.5 s)\n\na.ts:1: wrong\n\n');
    expect(text()).toContain('no such tool');
    expect(steps.failed).toEqual(['bad', 'broken']);
  });

  test('a program that is missing or fails is told apart from one that succeeds', async () => {
    expect(await capture(process.execPath, ['-e', 'process.stdout.write("hello")'])).toEqual({
      ok: true,
      output: 'hello',
    });
    expect((await capture(process.execPath, ['-e', 'process.exit(3)'])).ok).toBe(false);
    expect((await capture('no-such-program-anywhere', [])).ok).toBe(false);
  });
});
