import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installed, type PythonPackages } from '../../../../../scripts/tests/python-packages.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';

// The files from which the import is tested are what the programs write: each is read and written
// again by the program itself, as published, and must come back the same.

const run = promisify(execFile);

const written = (name: string) =>
  readFileSync(new URL(`../../fixtures/canfar/${name}.yaml`, import.meta.url), 'utf8');

/** A file after a version of canfar has changed one setting in it. */
async function changedBy(python: { readonly bin: string }, text: string): Promise<string> {
  const home = await temporaryDirectory();
  const file = join(home, '.canfar/config.yaml');
  await mkdir(join(home, '.canfar'));
  await writeFile(file, text, { mode: 0o600 });
  const options = { env: { PATH: process.env['PATH'], HOME: home }, cwd: home, timeout: 120_000 };
  const { width } = parse(text).console;
  await run(join(python.bin, 'canfar'), ['config', 'set', 'console.width', '99'], options);
  expect(parse(await readFile(file, 'utf8')).console.width).toBe(99);
  await run(join(python.bin, 'canfar'), ['config', 'set', 'console.width', `${width}`], options);
  return await readFile(file, 'utf8');
}

describe.each([
  ['canfar 1.4.1', '1.4.1', '1.4.1'],
  ['clients', '1.5.2', '1.5.2'],
  ['clients', '1.4.1', '1.4.1-by-1.5.2'],
] as const)('the programs of %s', (packages, from, to) => {
  let python: PythonPackages = { reason: 'not prepared' };
  beforeAll(async () => {
    python = await installed(packages);
  }, 900_000);

  test(`makes of ${from} what is imported as ${to}`, async (context) => {
    if ('reason' in python) return context.skip(python.reason);
    expect(await changedBy(python, written(from))).toBe(written(to));
  }, 300_000);
});
