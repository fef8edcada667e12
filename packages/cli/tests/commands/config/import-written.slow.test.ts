import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installed, type PythonPackages } from '../../../../../scripts/tests/python-packages.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { Clients } from '../../../../platform/tests/vospace/clients.js';
import { runSkaha } from '../../harness.js';

// The files from which the import is tested are what the programs write: each is read and written
// again by the program itself, as published, and must come back the same.

const written = (name: string) =>
  readFileSync(new URL(`../../fixtures/canfar/${name}.yaml`, import.meta.url), 'utf8');

/** A file after a version of canfar has changed one setting in it. */
async function changedBy(python: { readonly bin: string }, text: string): Promise<string> {
  const home = await temporaryDirectory();
  const file = join(home, '.canfar/config.yaml');
  await mkdir(join(home, '.canfar'));
  await writeFile(file, text, { mode: 0o600 });
  const programs = new Clients(python.bin, home);
  const { width } = parse(text).console;
  await programs.good('canfar', 'config', 'set', 'console.width', '99');
  expect(parse(await readFile(file, 'utf8')).console.width).toBe(99);
  await programs.good('canfar', 'config', 'set', 'console.width', `${width}`);
  return await readFile(file, 'utf8');
}

/** A home with a file of canfar, whose settings have been imported. */
async function importedHome(text: string): Promise<string> {
  const home = await temporaryDirectory();
  await mkdir(join(home, '.canfar'));
  await writeFile(join(home, '.canfar/config.yaml'), text, { mode: 0o600 });
  const imported = await runSkaha(['config', 'import'], { terminal: { env: { HOME: home } } });
  expect(imported.status).toBe(0);
  return home;
}

/** What their program and ours print as JSON in a home with a file of canfar. */
function printing(python: { readonly bin: string }, home: string) {
  const programs = new Clients(python.bin, home);
  return async (line: string) => {
    const words = [...line.split(' '), '-o', 'json'];
    const theirs = await programs.good('canfar', ...words);
    const ours = await runSkaha(words, { terminal: { env: { HOME: home } } });
    return { theirs: JSON.parse(theirs), ours: JSON.parse(ours.stdout) };
  };
}

describe('what the guide says of -o json', () => {
  test('logins and servers have the names and values of canfar 1.5.2', async (context) => {
    const python = await installed('clients');
    if ('reason' in python) return context.skip(python.reason);
    const printed = printing(python, await importedHome(written('1.5.2')));
    const shown = await printed('auth show');
    expect(shown.ours).toMatchObject(shown.theirs);
    const logins = await printed('auth ls');
    const [theirs, ours] = [logins.theirs, logins.ours].map((all) =>
      all.find(({ idp }: { idp: string }) => idp === 'cadc'),
    );
    // There is no such certificate.
    expect(ours).toMatchObject({ ...theirs, expiry: null, server: 'canfar' });
    expect(theirs).toMatchObject({ expiry: 1798700000, server: null });

    // Both list the servers of the login in use.
    const other = written('1.5.2').replace(
      'authentication: srcnet\n  server: canSRC',
      'authentication: cadc\n  server: canfar',
    );
    const servers = await printing(python, await importedHome(other))('server ls');
    expect([servers.theirs.length, servers.ours.length]).toEqual([1, 1]);
    const { resources, ...server } = servers.theirs[0];
    const memory = ({ cores, ram }: { cores: unknown; ram: unknown }) => ({ cores, memory: ram });
    const limits = { flexible: memory(resources.flexible), fixed: memory(resources.fixed) };
    expect(servers.ours).toMatchObject([{ ...server, limits: { ...resources, ...limits } }]);
  }, 900_000);
});

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
