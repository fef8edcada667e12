import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedPlatform } from '../harness.js';

const { skaha } = shared();
const folder = mkdtempSync(join(tmpdir(), 'skaha-written-'));
const create = ['create', 'headless', 'skaha/terminal:1.1.2', '-n', 'fit', '--dry-run', '--json'];
let files = 0;

function shared() {
  const shell = sharedPlatform();
  return { skaha: shell.skaha };
}

function file(name: string, content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}-${name}`);
  writeFileSync(path, content);
  return path;
}

interface Planned {
  name: string;
  parameters: { cmd?: string; args?: string; env?: string[] };
}

async function plan(...words: string[]): Promise<Planned[]> {
  const { status, stdout, stderr } = await skaha([...create, ...words]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Planned[];
}

const variable = async (...words: string[]) => {
  const [first] = await plan(...words);
  return first?.parameters.env?.find((entry) => entry.startsWith('X='))?.slice(2);
};

/** Numbers, truth values and dates of YAML 1.1, 1.2 and JSON, in spellings that are not their own. */
const values = [
  '12345678901234567890',
  '007',
  '0o17',
  '1.10',
  '0755',
  '1e3',
  '1E+3',
  '0x1F',
  '0.10',
  '.5',
  ...[
    '1_000',
    '+1',
    '-0',
    '0',
    '1.',
    '-.inf',
    '.NaN',
    '9007199254740993',
    '1e400',
    '00',
    '1:30:00',
  ],
  ...[
    'true',
    'True',
    'FALSE',
    'yes',
    'off',
    'y',
    '2026-01-01',
    '12:30:45.10',
    '2026-01-01T00:00:00Z',
  ],
  '0.1000000000000000055511151231257827',
  '5e-324',
  '0b101',
  '1,000',
  'NaN',
  'Infinity',
];
const json = values.filter((value) => {
  try {
    return JSON.parse(value) !== null;
  } catch {
    return false;
  }
});

describe('a value is the same in whatever way the job is written', () => {
  test.each(values)('%s', async (value) => {
    expect(await variable('-e', `X=${value}`)).toBe(value);
    expect(await variable('-f', file('map.yaml', `env: {X: ${JSON.stringify(value)}}\n`))).toBe(
      value,
    );
    expect(await variable('-f', file('list.yaml', `env:\n  - X=${value}\n`))).toBe(value);
    expect(await variable('-f', file('map.yaml', `env:\n  X: ${value}\n`))).toBe(value);
    expect(await variable('--env-file', file('e.env', `X=${value}\n`))).toBe(value);
    expect(await variable('--params', file('p.csv', `X\n"${value}"\n`))).toBe(value);
    expect(await variable('--params', file('p.yaml', `- X: ${value}\n`))).toBe(value);
    expect(await variable('--params', file('p.jsonl', `{"X":"${value}"}\n`))).toBe(value);
  });

  test.each(json)('%s as a value of JSON', async (value) => {
    expect(await variable('-f', file('j.json', `{\n\t"env": {"X": ${value}}\n}`))).toBe(value);
    expect(await variable('--params', file('p.jsonl', `{"A":"1, B: 2" , "X" : ${value}}\n`))).toBe(
      value,
    );
    expect(await variable('--params', file('p.json', `[{"X":${value}}]`))).toBe(value);
  });

  test.each(['007', '1.10', '0x1F', '1e3', 'True'])(
    '%s as a word of the command',
    async (value) => {
      const [list] = await plan(
        '-f',
        file('c.yaml', `command: [${value}, ${value}, --n, ${value}]\n`),
      );
      expect(list?.parameters).toMatchObject({ cmd: value, args: `${value} --n ${value}` });
      const [text] = await plan('-f', file('c.yaml', `command: ${value}\n`));
      expect(text?.parameters.cmd).toBe(value);
    },
  );

  test('in a list of requests', async () => {
    const request = (name: string, more: string) =>
      `- {index: 1, name: ${name}, parameters: {name: ${name}, type: headless, image: a/b, ${more}}}\n`;
    const path = file('r.yaml', request('a', 'cmd: 0x10, args: 007, env: [X=1.10], cores: 1'));
    const { stdout } = await skaha(['create', '-f', path, '--dry-run', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        parameters: {
          cmd: '0x10',
          args: '007',
          cores: '1',
          env: expect.arrayContaining(['X=1.10']),
        },
      },
    ]);
  });
});

describe('YAML beyond plain values', () => {
  const shared = 'env: &e {X: 007, Y: 1.10}\n';
  test.each([
    ['an anchor and an alias', 'env: {A: &a 007, X: *a}', '007'],
    ['a merge', '- {A: &m {X: 1.10}}\n- {<<: *m}', '1.10'],
    ['a list that is merged', '- {A: &m {X: 1}, B: &n {X: 2}}\n- {<<: [*n, *m]}', '2'],
    ['a merge below what is said itself', '- {A: &m {X: 1}}\n- {X: 02, <<: *m}', '02'],
    ['the tag of a text', 'env: {X: !!str 007}', '007'],
    ['the tag of a number', 'env: {X: !!float "1.10"}', '1.10'],
    ['YAML 1.1', '%YAML 1.1\n---\nenv: {X: 0755, Y: yes}', '0755'],
  ])('%s', async (what, text, expected) => {
    if (!what.includes('merge')) {
      expect(await variable('-f', file('y.yaml', `${text}\n`))).toBe(expected);
      return;
    }
    const [definitions = '', use = ''] = text.split('\n').map((line) => line.slice(2));
    const document = `env:\n  A: ok\n  <<: ${/<<: (.*)\}/.exec(use)?.[1]}\n`;
    const own = /X: (\d+), <</.exec(use)?.[1];
    const anchors = [...definitions.matchAll(/&(\w) (\{[^}]*\})/g)];
    const merged = anchors.reduce(
      (all, [, name, map]) => all.replace(`*${name}`, `&${name} ${map}`),
      own === undefined ? document : `${document}  X: ${own}\n`,
    );
    expect(await variable('-f', file('m.yaml', merged))).toBe(expected);
  });

  test.each([
    ['null', 'env: {X: ~}', 'env.X must be text or a number; null means none'],
    ['nothing', 'env:\n  X:\n', 'env.X must be text or a number; null means none'],
    ['a tag of its own', 'env: {X: !secret a}', 'uses the tag !secret'],
    ['bytes', 'env: {X: !!binary aGk=}', 'uses the tag !!binary'],
    ['a set', 'env: !!set {X: }', 'uses the tag !!set'],
    ['an alias without an anchor', 'env: {X: *a}', 'uses *a, which is not defined'],
    ['a loop', 'env: &a {X: *a}', 'an alias that refers to itself'],
    ['one name twice', `${shared}env: {}\n`, 'Map keys must be unique'],
    ['one name in two spellings', 'env: {1: a, "1": b}', "contains '1' twice"],
    ['a merge of a text', 'env: {<<: text}', 'something that is not a map'],
    ['a text for a truth value', 'atomic: "true"', 'atomic must be true or false'],
  ])('%s is refused', async (_what, text, message) => {
    const { status, stderr } = await skaha([...create, '-f', file('n.yaml', text)]);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message),
    });
  });

  test('aliases that multiply each other are refused', async () => {
    const lines = Array.from('bcdefghij', (name, index) => {
      const former = `*${'abcdefghi'[index]}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => former).join(', ')}]`;
    });
    const { status, stderr } = await skaha([
      ...[...create, '-f'],
      file('bomb.yaml', `a: &a [x, x]\n${lines.join('\n')}\n`),
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('contains too many values');
  });
});

describe('files that are not UTF-8', () => {
  const latin1 = (text: string) => Buffer.from(text, 'latin1');
  test.each([
    ['--env-file', 'e.env', latin1('A=1\nX=\xc5ngstr\xf6m\n'), 'Line 2 of'],
    ['--params', 'p.csv', latin1('X\na\nb\n\xe9\n'), 'Line 4 of'],
    ['--params', 'p.jsonl', latin1('{"X":"\xe9"}\n'), 'Line 1 of'],
    ['-f', 'f.yaml', latin1('env:\n  A: a\n  X: \xe9\n'), 'Line 3 of'],
    ['-f', 'f.yaml', Buffer.from('\ufeffenv: {X: a}', 'utf16le'), 'UTF-16'],
    ['--env-file', 'e.env', 'A=1\nX=a\0b\n', 'Line 2 of'],
    ['--env-file', 'e.env', Buffer.from([0x58, 0x3d, 0xe2, 0x82]), 'Line 1 of'],
  ])('%s %s is refused by file and line', async (option, name, content, message) => {
    const path = file(name, content);
    const { status, stderr } = await skaha([...create, option, path]);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message),
    });
    expect(stderr).toContain(path);
  });

  test.each([
    ['--env-file', 'e.env', '\ufeffX=ä\r\n'],
    ['--params', 'p.csv', '\ufeffX\r\nä\r\n'],
    ['--params', 'p.jsonl', '\ufeff{"X":"ä"}\r\n'],
    ['-f', 'f.yaml', '\ufeffenv:\r\n  X: ä\r\n'],
  ])('%s %s may begin with a byte order mark', async (option, name, content) => {
    expect(await variable(option, file(name, content))).toBe('ä');
  });

  test('a row that names a variable twice is refused', async () => {
    const { status, stderr } = await skaha([
      ...[...create, '--params'],
      file('p.jsonl', '{"X":1}\n{"X":1,"\\u0058":2}\n'),
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('Line 2 contains X twice');
  });
});

describe('scripts travel byte for byte', () => {
  const sent = ({ parameters }: Planned) => {
    const [, text = ''] = /echo\t([A-Za-z0-9+/=]+)\|/.exec(parameters.args ?? '') ?? [];
    return Buffer.from(text, 'base64').toString('latin1');
  };
  const body = (bytes: string) => bytes.replace('{ :; ', '').replace('\n} </dev/null\n', '');

  test.each([
    ['latin 1', 'echo "\xe9"\n', 'echo "\xe9"\n', ''],
    ['a mark', '\xef\xbb\xbf#!/bin/bash\nx\n', '#!/bin/bash\nx\n', 'byte order mark'],
    ['Windows line endings', '#!/bin/bash\r\nx\r\ny', '#!/bin/bash\nx\ny', 'Windows line endings'],
    ['both', '\xef\xbb\xbfx\r\n', 'x\n', 'byte order mark'],
    ['line ends of an old Mac', 'x\ry\r', 'x\ry\r', 'sent as they are'],
    ['mixed line ends', 'x\r\ny\nz\r', 'x\r\ny\nz\r', 'sent as they are'],
  ])('%s', async (_what, content, expected, said) => {
    const path = file('s.sh', Buffer.from(content, 'latin1'));
    const [first] = (await plan('--script', path)) as [Planned];
    const { stderr } = await skaha([...create.slice(0, -1), '--script', path]);
    expect(body(sent(first))).toBe(expected);
    expect(first.parameters.args).toMatch(
      content.includes('bash') ? /\/bin\/bash$/ : /\tsh$|\|sh$/,
    );
    expect(stderr).toContain(said);
    if (said === '') expect(stderr).not.toContain(path);
  });

  test.each(['a\0b', Buffer.from('\ufeffecho', 'utf16le')])(
    'a null character is refused',
    async (content) => {
      const { status, stderr } = await skaha([...create, '--script', file('s.sh', content)]);
      expect(status).toBe(2);
      expect(stderr).toContain('null character');
    },
  );
});
