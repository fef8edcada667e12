import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf } from '../../scripts/lib/markdown.mjs';
import { findFiles } from '../../scripts/lib/sources.mjs';
import { keysIn, run, top } from './programs.js';

const pages = findFiles(top, (path) => path.endsWith('.md'), 'docs')
  .map((page) => ({ page, blocks: blocksOf(readFileSync(join(top, page), 'utf8'), 'sh runnable') }))
  .filter(({ blocks }) => blocks.length > 0);

/** One platform for all pages and programs, and a `skaha` on the `PATH` as an installation has it. */
let home = '';
let path = '';

const skaha = (...args: string[]) =>
  run(process.execPath, [join(top, 'packages/client/bin/skaha.js'), ...args], { home });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'skaha-runnable-'));
  keysIn(home);
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const command = join(bin, 'skaha');
  const program = join(top, 'packages/client/bin/skaha.js');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(command, 0o755);
  path = `${bin}:${process.env['PATH'] ?? ''}`;
  const started = await skaha('platform', 'start', '--detach');
  expect(started.status, started.stderr).toBe(0);
});

afterAll(async () => {
  await skaha('platform', 'stop');
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

describe('blocks marked as runnable', () => {
  test('are on several pages', () => expect(pages.length).toBeGreaterThan(3));

  test.each(pages)('$page', async ({ blocks }) => {
    const cwd = join(home, 'work', String(pages.findIndex((each) => each.blocks === blocks)));
    mkdirSync(cwd, { recursive: true });
    // The line in front of each block tells in which of them a page went wrong.
    const lines = blocks.map(({ code, line }) => `echo '-- line ${line}' >&2\n${code}`);
    const script = `export PATH='${path}'\n${lines.join('\n')}`;

    const ended = await run('bash', ['-euo', 'pipefail', '-c', script], { home, cwd });

    expect(ended.status, ended.stderr).toBe(0);
    const left = await skaha('ps', '--all', '--json', '--fields', 'name');
    expect(JSON.parse(left.stdout)).toEqual([]);
  });
});

const programs = [
  ['basic/first-session.mjs', /^first Completed\nhello\n$/],
  ['basic/look-around.mjs', /^connected to https:[\s\S]+^0 sessions$/m],
  ['basic/follow-log.mjs', /^step 1\nstep 2\nstep 3\n$/],
  ['basic/calls-that-wait.mjs', /^it is .+\d\n$/],
  ['advanced/batch-with-journal.mjs', /^10 squared is 100$/m],
  ['advanced/partial-failure.mjs', /^2 found, 1 not\ngone0000 session\.not_found\n$/],
  ['advanced/test-with-faults.mjs', /^a lost answer.+\nan expired token.+\n$/],
  ['advanced/cancel.mjs', /^gave up waiting: request\.aborted\ndeleted long\n$/],
] as const;

describe('programs of the examples', () => {
  test('are all here', () => {
    const found = ['examples/basic', 'examples/advanced'].flatMap((under) =>
      findFiles(top, () => true, under),
    );

    expect(found.sort()).toEqual(programs.map(([program]) => `examples/${program}`).sort());
  });

  test.each(programs)('%s', async (program, output) => {
    const ended = await run(process.execPath, [join(top, 'examples', program)], { home });

    expect(ended.stderr).toBe('');
    expect(ended.stdout).toMatch(output);
    expect(ended.status).toBe(0);
  });
});
