import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CommandDefinition } from '../../src/command.js';
import { commands } from '../../src/commands/index.js';
import { runSkaha, sharedPlatform } from '../harness.js';
import { standIn } from '../stand-in.js';

const shell = sharedPlatform();

async function definition(name: string): Promise<CommandDefinition> {
  const entry = commands.find((each) => each.name === name);
  if (entry === undefined) throw new Error(`no command ${name}`);
  return entry.load();
}

describe('36: image ls', () => {
  const image = (id: string, types: string[], digest = 'sha256:0123456789abcdef') => ({
    id,
    types,
    digest,
  });
  const images = [
    image('b.net/skaha/vos:1', ['headless']),
    image('a.net:5000/skaha/astroml:1.9', ['notebook', 'headless']),
    image('a.net:5000/skaha/astroml:1.10', ['notebook', 'headless']),
    image('a.net:5000/skaha/astroml:latest', ['notebook', 'headless']),
    image('a.net:5000/carta/carta:4', ['carta', 'hologram']),
  ];
  const open = () => standIn(() => ({ body: JSON.stringify(images) }));

  test('handles several hosts, and puts the newest first', async () => {
    const { skaha } = await open();
    const { stdout, stderr } = await skaha(['image', 'ls']);
    expect(stderr).toBe('');
    expect(stdout.split('\n').map((line) => line.split(/\s+/)[0])).toEqual([
      'IMAGE',
      'a.net:5000/carta/carta:4',
      'a.net:5000/skaha/astroml:latest',
      'a.net:5000/skaha/astroml:1.10',
      'a.net:5000/skaha/astroml:1.9',
      'b.net/skaha/vos:1',
      '',
    ]);
    expect(stdout).toContain('carta, hologram');
  });

  test.each([
    [['-k', 'headless', '--filter', 'name=vos'], 'b.net/skaha/vos:1\n'],
    [['--filter', 'kind=hologram'], 'a.net:5000/carta/carta:4\n'],
    [
      ['--filter', 'registry=a.*', '--sort-by', 'tag', '--limit', '1'],
      'a.net:5000/skaha/astroml:1.9\n',
    ],
    [['vos'], 'b.net/skaha/vos:1\n'],
    [['--filter', 'project=nothing'], ''],
  ])('%j', async (words, expected) => {
    const { skaha } = await open();
    expect((await skaha(['image', 'ls', '-o', 'name', ...words])).stdout).toBe(expected);
  });

  test('has fields for programs; one host is said once for people', async () => {
    const { skaha } = await open();
    const one = ['image', 'ls', 'vos'];
    expect(JSON.parse((await skaha([...one, '--json'])).stdout)).toEqual([
      {
        id: 'b.net/skaha/vos:1',
        registry: 'b.net',
        project: 'skaha',
        name: 'vos',
        tag: '1',
        kinds: ['headless'],
        digest: 'sha256:0123456789abcdef',
      },
    ]);
    expect(await skaha(one)).toMatchObject({
      stdout: 'IMAGE        KINDS     DIGEST\nskaha/vos:1  headless  0123456789ab\n',
      stderr: 'Images of b.net:\n',
    });
    expect((await skaha([...one, '-o', 'wide'])).stdout).toContain('sha256:0123456789abcdef');
  });
});

/** A configuration with one of everything. */
function configuration(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-lists-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'config.yaml');
  writeFileSync(
    path,
    `schema: skaha
version: 1
active: home
contexts:
  home: { server: canfar, credential: cadc }
  away: { server: sweden, credential: cadc }
servers:
  canfar: { url: "https://a.example/skaha", version: v1, provider: cadc }
  sweden: { url: "https://b.example/skaha", version: v1, provider: cadc }
credentials:
  cadc: { mode: x509, path: /nonexistent.pem }
registries:
  b.example: { username: ada, secret: hunter2 }
  a.example: { username: eve, secret: hunter3 }
`,
    { mode: 0o600 },
  );
  return path;
}

describe('every list', () => {
  const local = (...argv: string[]) => runSkaha([...argv, '--config', configuration()]);

  test.each([
    ['context ls', '-server', 'away'],
    ['server ls', 'url', 'canfar'],
    ['registry ls', 'host', 'a.example'],
    ['auth ls', 'idp', 'cadc'],
  ])('%s is sorted, cut short and projected', async (name, field, first) => {
    const argv = [...name.split(' '), '--sort-by', field, '--limit', '1'];
    expect((await local(...argv, '-q')).stdout).toBe(`${first}\n`);
    expect((await local(...argv, '--json', '--fields', field.replace('-', ''))).stdout).toMatch(
      /^\[\n {2}\{\n.+\n {2}\}\n\]\n$/,
    );
  });

  test.each([['context ls'], ['server ls'], ['registry ls'], ['auth ls']])(
    '%s has exactly the fields that its help names',
    async (name) => {
      const { stdout } = await local(...name.split(' '), '--json');
      const [first] = JSON.parse(stdout);
      expect((await definition(name)).fields?.names).toEqual(Object.keys(first));
    },
  );

  test.each([
    ['ps', ['--all']],
    ['stats', []],
    ['limits', []],
    ['whoami', []],
    ['image ls', []],
  ])('%s has the fields that its help names', async (name, words) => {
    const { skaha } = shell;
    if (name === 'ps')
      await skaha(['create', 'headless', 'skaha/terminal:1.1.2', '-n', 'one', '--', 'true']);
    const { stdout } = await skaha([...name.split(' '), '--json', ...words]);
    const parsed: unknown = JSON.parse(stdout);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    const names = Object.keys(first ?? {});
    for (const field of (await definition(name)).fields?.names ?? [])
      expect(names).toContain(field);
  });
});

test('what was launched can be printed by its fields', async () => {
  const create = ['create', 'headless', 'skaha/terminal:1.1.2', '-n', 'made', '-r', '2'];
  const { stdout } = await shell.skaha([
    ...create,
    '-o',
    'csv',
    '--fields',
    'index,name',
    '--',
    'true',
  ]);
  expect(stdout).toBe('index,name\n1,made-1\n2,made-2\n');
  const ids = await shell.skaha([...create, '--json', '--', 'true']);
  expect(JSON.parse(ids.stdout)).toEqual([expect.any(String), expect.any(String)]);
});

test('no command that changes something finds out about a field too late', async () => {
  const looking =
    /^(api|config (get|path|show|validate)|context show|doctor|platform status|repository|server show|version)$/;
  for (const entry of commands) {
    const { formats, fields, list } = await entry.load();
    if (formats === undefined) continue;
    if (!looking.test(entry.name))
      expect([entry.name, fields]).toEqual([entry.name, expect.anything()]);
    if (list === true) expect(fields?.names.length).toBeGreaterThan(0);
  }
});
