import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { idsOf } from '../harness.js';
import { lists, session } from '../stand-in.js';

// The stand-in's clock stands at 2026-08-06T12:00:00Z.
const four = [
  session('ccc33333', { name: 'fit-10', startTime: '2026-08-06T11:00:00Z', requestedRAM: '512M' }),
  session('aaa11111', { name: 'fit-9', startTime: '2026-08-04T11:00:00Z', requestedRAM: '2G' }),
  session('ddd44444', { name: 'web', type: 'notebook', status: 'Pending' }),
  session('bbb22222', { name: 'old', status: 'Succeeded', startTime: '2026-07-01T00:00:00Z' }),
];

describe('26: ps', () => {
  test('shows what is pending or running by start, and what has none last', async () => {
    const { skaha } = await lists(four);
    expect(idsOf(await skaha(['ps', '-q']))).toEqual(['aaa11111', 'ccc33333', 'ddd44444']);
    expect(idsOf(await skaha(['ps', '-q', '--all']))).toEqual([
      'bbb22222',
      'aaa11111',
      'ccc33333',
      'ddd44444',
    ]);
    expect(idsOf(await skaha(['ps', '-q', '-s', 'Completed']))).toEqual(['bbb22222']);
  });

  test.each([
    [
      ['--filter', 'name=fit-*'],
      ['aaa11111', 'ccc33333'],
    ],
    [
      ['--filter', 'status=running'],
      ['aaa11111', 'ccc33333'],
    ],
    [
      ['--filter', 'status=Completed,Pending'],
      ['bbb22222', 'ddd44444'],
    ],
    [['--filter', 'kind=Notebook'], ['ddd44444']],
    [['--filter', 'kind!=notebook', '--filter', 'name=*9'], ['aaa11111']],
    [
      ['--since', '2d'],
      ['ccc33333', 'ddd44444'],
    ],
    [
      ['--since', '90d', '--all'],
      ['bbb22222', 'aaa11111', 'ccc33333', 'ddd44444'],
    ],
    [
      ['--sort-by', 'memory'],
      ['ccc33333', 'aaa11111', 'ddd44444'],
    ],
    [
      ['--sort-by', '-name'],
      ['ddd44444', 'ccc33333', 'aaa11111'],
    ],
    [['--sort-by', 'startTime:desc', '--limit', '1'], ['ccc33333']],
    [['--limit', '0'], []],
  ])('%j', async (words, expected) => {
    const { skaha } = await lists(four);
    expect(idsOf(await skaha(['ps', '-q', ...words]))).toEqual(expected);
  });

  test('says why the list is empty', async () => {
    const { skaha } = await lists([four[3]]);
    const words = async (...argv: string[]) => (await skaha(['ps', ...argv])).stderr;
    expect(await words()).toBe(
      "No pending or running sessions. Add --all to see the others.\nNot shown: 1 completed. See them with 'skaha ps --all'.\n",
    );
    expect(await words('--filter', 'name=x')).toBe('No sessions found.\n');
    expect(await words('--filter', 'name=x', '--json')).toBe('');
    expect((await skaha(['ps', '-o', 'csv', '--fields', 'id,name'])).stdout).toBe('id,name\n');
  });
});

describe('9, 13: every form of one list', () => {
  test('decodes to the same values', async () => {
    const odd = session('eee55555', { newer: { a: [1] }, type: 'hologram', status: 'Dreaming' });
    const { skaha } = await lists([odd]);
    const read = async (...words: string[]) => (await skaha(['ps', '-a', ...words])).stdout;
    const json = JSON.parse(await read('--json'));
    expect(json).toMatchObject([{ newer: { a: [1] }, type: 'hologram', status: 'Dreaming' }]);
    expect(json[0]).toHaveProperty('appid', null);
    expect(parseYaml(await read('--yaml'))).toEqual(json);
    expect(
      (await read('-o', 'jsonl'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(json);
    expect(await read('-o', 'template={newer.a} {kind}')).toBe('1 hologram\n');
    expect(await read('-o', 'tsv', '--fields', 'id,newer', '--no-headers')).toBe(
      'eee55555\t{"a":[1]}\n',
    );
    expect(JSON.parse(await read('--json', '--fields', 'id,kind'))).toEqual([
      { id: 'eee55555', kind: 'hologram' },
    ]);
  });

  test.each([['debug'], ['info'], ['critical']])(
    'stdout parses with --log-level %s',
    async (level) => {
      const { skaha } = await lists(four);
      const { stdout } = await skaha(['ps', '--json', '--log-level', level]);
      expect(JSON.parse(stdout)).toHaveLength(3);
    },
  );

  test('10, 11: a failure leaves stdout empty, and one document on stderr', async () => {
    const { skaha } = await lists({ status: 500, body: 'broken' });
    for (const format of ['json', 'jsonl']) {
      const failed = await skaha(['ps', '-o', format]);
      expect(failed).toMatchObject({ status: 1, stdout: '' });
      expect(failed.stderr.trimEnd()).not.toContain('\n');
      expect(JSON.parse(failed.stderr)).toMatchObject({ code: 'server.error' });
    }
    const yaml = await skaha(['ps', '-o', 'yaml']);
    expect([yaml.stdout, parseYaml(yaml.stderr)]).toMatchObject(['', { code: 'server.error' }]);
    const csv = await skaha(['ps', '-o', 'csv']);
    expect(csv).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^Error: /) });
  });
});

test('27: a malformed session does not hide the others', async () => {
  const { skaha } = await lists([
    null,
    'text',
    {},
    { id: 7, name: ['x'], status: 'Running', startTime: 'soon' },
    session('aaa11111', { requestedRAM: 'much', expiryTime: 'never' }),
  ]);
  const { status, stdout } = await skaha(['ps', '--all']);
  expect(status).toBe(0);
  expect(stdout).toContain('aaa11111  name-aaa11111  headless  Running');
  expect(stdout.trimEnd().split('\n')).toHaveLength(6);
  const debug = await skaha(['ps', '--all', '--debug']);
  expect(debug.stderr).toContain('Session response: The session is not an object.');
});

describe('7: what contradicts itself is refused before anything is asked', () => {
  test.each([
    [['ps', '--json', '--yaml']],
    [['ps', '-q', '--json']],
    [['ps', '-q', '-o', 'csv']],
    [['ps', '-o', 'columns=id', '--wide']],
    [['ps', '-o', 'columns=a:b:c']],
    [['ps', '-o', 'columns']],
    [['ps', '-o', 'columns=id', '--fields', 'id']],
    [['ps', '-o', 'template={id']],
    [['ps', '-o', 'template={id}', '--fields', 'id']],
    [['ps', '--fields', 'id,']],
    [['ps', '--filter', 'name']],
    [['ps', '--sort-by', 'name:up']],
    [['ps', '--limit', '-1']],
    [['ps', '-w', '-o', 'yaml']],
    [['ps', '-w', '-q']],
    [['ps', '-w', '--interval', '0.5']],
    [['ps', '-w', '--interval', '11m']],
    [['top', '-w', '-o', 'csv']],
    [['stats', '-w', '-o', 'yaml']],
    [['image', 'ls', '--fields', 'nmae']],
    [['image', 'ls', '--filter', 'projct=skaha']],
    [['image', 'ls', '--sort-by', 'size']],
    [['events', 'x', '--raw', '--json']],
    [['events', 'x', '-f', '-o', 'csv']],
    [['events', 'x', '-f', '--sort-by', 'type']],
    [['logs', 'x', '--new']],
    [['logs', '-f', 'x', '--new', '--tail', '3']],
    [['delete', '-y', 'x', '-o', 'template={nmae}']],
    [['create', 'headless', 'x', '-o', 'columns=idd']],
  ])('%j', async (argv) => {
    const { skaha, server } = await lists([]);
    const { status, stdout, stderr } = await skaha(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^(Error: .+\n|\{.+\}\n|code: )/);
    expect(server.received).toEqual([]);
  });
});

test('a field that the server does not send is refused, too', async () => {
  const { skaha } = await lists(four);
  const wrong = await skaha(['ps', '-o', 'csv', '--fields', 'id,stauts']);
  expect(wrong).toMatchObject({ status: 2, stdout: '' });
  expect(wrong.stderr).toContain("There is no field 'stauts'.");
  expect(wrong.stderr).toContain("Did you mean 'status'?");
});

describe('14: width', () => {
  const long = session('fff66666', {
    name: 'a-name-of-many-letters',
    image: `images.canfar.net/skaha/${'very'.repeat(20)}:latest`,
    connectURL: `https://host/session/${'x'.repeat(60)}`,
    startTime: '2026-08-06T11:00:00Z',
    expiryTime: '2026-08-06T11:30:00Z',
    isFixedResources: true,
  });

  test.each([
    ...[40, 60, 80, 120].flatMap((columns) => [[columns, 'table'] as const]),
    ...[60, 80, 100, 140, 200].flatMap((columns) => [[columns, 'wide'] as const]),
  ])('a terminal of %d columns holds -o %s', async (columns, format) => {
    const { skaha } = await lists([long]);
    const terminal = { isTty: true, columns };
    const { stdout } = await skaha(['ps', '-o', format, '--color', 'never'], { terminal });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(stdout).toContain('fff66666');
  });

  test('in a pipe nothing is cut off', async () => {
    const { skaha } = await lists([long]);
    const { stdout } = await skaha(['ps', '-o', 'wide'], { terminal: { columns: 20 } });
    for (const field of ['name', 'image', 'connectURL'] as const)
      expect(stdout).toContain(Reflect.get(long, field));
    expect(stdout).toContain('FIXED');
    expect(stdout).not.toContain('…');
  });

  test('34: an expiry in the past reads as past', async () => {
    const { skaha } = await lists([long]);
    expect((await skaha(['ps', '-o', 'wide'])).stdout).toContain('30 minutes ago');
    expect((await skaha(['ps', '-o', 'template={expires}'])).stdout).toBe('2026-08-06T11:30:00Z\n');
  });
});
