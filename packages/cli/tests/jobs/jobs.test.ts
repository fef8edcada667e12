import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobStore } from 'skaha/internal/batch/journal-files.js';
import { afterAll, describe, expect, test } from 'vitest';
import { Interruption } from '../../src/exit.js';
import { idsOf, ownPlatform, type RunOptions, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();
const folder = mkdtempSync(join(tmpdir(), 'skaha-cli-jobs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command line whose journals are in a directory of this file. */
const skaha = (argv: readonly string[], options: RunOptions = {}) =>
  shell.skaha(argv, {
    ...options,
    services: { jobs: async () => jobStore(join(folder, 'jobs')), ...options.services },
  });

const create = (name: string, ...words: string[]) => {
  const end = words.indexOf('--');
  const [options, command] =
    end < 0 ? [words, ['--', 'true']] : [words.slice(0, end), words.slice(end)];
  return skaha(['create', 'headless', image, '-n', name, ...options, ...command]);
};

const finished = async (ids: readonly string[]) =>
  skaha(['wait', ...ids, '--for', 'finished', '--interval', '20ms']);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('create of many', () => {
  test('--array: each finds its value and its place', async () => {
    const made = await create('arr', '--array', '10-12', '-q', '--', 'printenv', 'ARRAY_INDEX');
    expect(made.status).toBe(0);
    const ids = idsOf(made);
    expect(ids).toHaveLength(3);
    await finished(ids);
    const logs = await skaha(['jobs', 'logs', 'arr', '--number', '2']);
    expect(logs.stdout).toBe('11\n');
    const all = await skaha(['jobs', 'logs', 'arr']);
    expect(all.stdout.split('\n')[2]).toMatch(/^arr-3\/[a-z0-9]{8} ARRAY_INDEX=12 │ 12$/);
  });

  test('--params: columns become variables, from CSV and from JSON Lines', async () => {
    const csv = file('rows.csv', 'BAND,SEED\nr,1\n"g",2\n');
    const jsonl = file('rows.jsonl', '{"BAND":"r","SEED":1}\n{"BAND":"g","SEED":2}\n');
    for (const path of [csv, jsonl]) {
      const shown = await create('par', '--params', path, '--dry-run', '--json');
      expect(JSON.parse(shown.stdout)[1]).toMatchObject({
        name: 'par-2',
        parameters: { env: ['BAND=g', 'SEED=2', 'REPLICA_ID=2', 'REPLICA_COUNT=2'] },
      });
    }
  });

  test.each<[string, string[], RegExp]>([
    ['two ways to say how many', ['--array', '1-2', '-r', '2'], /--replicas and --array/],
    ['a bad range', ['--array', '1-x'], /neither a number nor a range/],
    ['a bad bound', ['--array', '1-9%0'], /'%0' is not a number of active/],
    ['an unknown reason', ['--retry-on', 'whim', '-r', '2'], /'whim' is not a reason/],
    ['a table of unknown form', ['--params', 'rows.txt'], /none of \.csv, \.jsonl/],
    ['a table that is not there', ['--params', '/nowhere.csv'], /cannot be read/],
    ['a file that is not there', ['-f', '/nowhere.yaml'], /cannot be read/],
  ])('%s is wrong usage', async (_what, words, message) => {
    const refused = await create('bad', ...words);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(message);
  });

  test('a broken table is wrong usage, and its line is named', async () => {
    const path = file('broken.csv', 'A,B\n1\n');
    const refused = await create('bad', '--params', path);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('broken.csv: Line 2 has 1 values');
  });
});

describe('create -f', () => {
  const yaml = [
    'kind: headless',
    `image: ${image}`,
    'name: spec',
    'cpu: 1',
    'env: { BAND: r, SEED: 4 }',
    'array: 3-4',
    'command: printenv BAND',
    '---',
    'kind: headless',
    `image: ${image}`,
    'name: other',
    'env: [A=1]',
    'command: [echo, hello]',
  ].join('\n');

  test('launches what each document says; options given here win', async () => {
    const path = file('job.yaml', yaml);
    const words = ['create', '-f', path, '--dry-run', '--json', '-e', 'B=2', '-c', '2'];
    const shown = await skaha(words);
    expect(shown.stderr).toBe('');
    const requests = JSON.parse(shown.stdout);
    expect(requests.map(({ name }: { name: string }) => name)).toEqual([
      'spec-1',
      'spec-2',
      'other',
    ]);
    expect(requests[1].parameters).toMatchObject({
      cores: '2',
      cmd: 'printenv',
      args: 'BAND',
      env: ['BAND=r', 'SEED=4', 'B=2', 'ARRAY_INDEX=4', 'REPLICA_ID=2', 'REPLICA_COUNT=2'],
    });
    expect(requests[2].parameters).toMatchObject({
      args: 'hello',
      env: expect.arrayContaining(['A=1']),
    });
  });

  test.each([
    ['replicas', ['-r', '3', '-c', '1', '-m', '2', '-e', 'A=1', '--', 'echo', '-n', 'x']],
    ['an array', ['--array', '4-6', '-e', 'A=1', '--', 'env']],
    ['a single session', ['--', 'true']],
  ])('takes what a dry run of %s printed, and asks for the same', async (_what, words) => {
    const line = ['create', 'headless', image, '-n', 'again', '--dry-run', '-o', 'yaml'];
    const first = await skaha([...line, ...words]);
    const second = await skaha(['create', '-f', '-', '--dry-run', '-o', 'yaml'], {
      stdin: first.stdout,
    });
    expect(second).toMatchObject({ status: 0, stdout: first.stdout });
    expect(first.stdout).not.toBe('');
  });

  test('without KIND is wrong usage as ever', async () => {
    const refused = await skaha(['create']);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(/KIND is missing.*\n.*Usage: skaha create/);
  });

  test('reads standard input, and prints one list of all ids', async () => {
    const made = await skaha(['create', '-f', '-', '--json'], { stdin: yaml });
    expect(made.status).toBe(0);
    expect(JSON.parse(made.stdout)).toHaveLength(3);
  });

  test.each([
    ['kinf: headless', /no option 'kinf'.*\n.*Did you mean 'kind'/],
    ['replicas: many', /replicas must be a whole number from 1 to 512/],
    ['atomic: 1', /atomic must be true or false/],
    ['env: { A: [1] }', /env\.A must be/],
    ['- a\n- b', /neither options with values nor a list/],
    ['a: [', /Standard input: /],
    ['', /nothing to launch/],
    ['name: x', /KIND is missing/],
  ])('%j is wrong usage', async (stdin, message) => {
    const refused = await skaha(['create', '-f', '-'], { stdin });
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(message);
  });
});

describe('jobs', () => {
  test('an interrupted batch is listed as incomplete, and resumed', async () => {
    const { platform, skaha: bare } = await ownPlatform();
    const own = (argv: readonly string[]) =>
      bare(argv, { services: { jobs: async () => jobStore(join(folder, 'own')) } });
    platform.faults.inject({ kind: 'reject-create', every: 2, message: 'no room' });
    const words = ['create', 'headless', image, '-n', 'part', '-r', '4', '-q', '--', 'true'];
    const made = await own(words);
    expect(made.status).toBe(7);
    expect(idsOf(made)).toHaveLength(2);
    expect(made.stderr).toContain("Hint: Continue with 'skaha jobs resume part'.");
    const listed = JSON.parse((await own(['jobs', 'ls', '--json'])).stdout);
    expect(listed).toMatchObject([{ job: 'part', state: 'incomplete', launched: 2, missing: 2 }]);
    const shown = JSON.parse((await own(['jobs', 'show', 'part', '--json'])).stdout);
    const rejected = shown.items.filter(
      ({ outcome }: { outcome: string }) => outcome === 'rejected',
    );
    expect(rejected).toHaveLength(2);
    expect(rejected[0]).toMatchObject({ id: null, error: { code: 'request.rejected' } });

    platform.faults.clear();
    const resumed = await own(['jobs', 'resume', 'part', '-q']);
    expect(resumed.status).toBe(0);
    expect(idsOf(resumed)).toHaveLength(2);
    expect(JSON.parse((await own(['ps', '--all', '--json'])).stdout)).toHaveLength(4);
    const again = await own(['jobs', 'resume', 'part']);
    expect(again).toMatchObject({ status: 0, stdout: '' });
    expect(again.stderr).toContain(
      'All 4 sessions of the batch have been launched, 0 of them now.',
    );
  });

  test('a name is taken once; one that was made up gets a number', async () => {
    expect((await create('twice', '-r', '2')).status).toBe(0);
    expect((await create('twice', '-r', '2')).status).toBe(0);
    const names = idsOf(await skaha(['jobs', 'ls', '-q']));
    expect(names).toEqual(expect.arrayContaining(['twice', 'twice.2']));
    const taken = await create('twice', '-r', '2', '--job', 'twice');
    expect(taken).toMatchObject({ status: 2, stdout: '' });
    expect(taken.stderr).toContain('skaha jobs resume twice');
  });

  test('sessions that fail are tried again; in the end: exit 8', async () => {
    const made = await create(
      'poor',
      '-r',
      '2',
      '--retries',
      '1',
      '--backoff',
      '10ms',
      '--',
      'false',
    );
    expect(made.status).toBe(8);
    expect(idsOf(made)).toHaveLength(2);
    expect(made.stderr).toContain('Trying again (1).');
    expect(made.stderr).toContain("Hint: See why with 'skaha jobs logs poor --failed'.");
    const shown = JSON.parse((await skaha(['jobs', 'show', 'poor', '--offline', '--json'])).stdout);
    expect(shown.items).toMatchObject([
      { outcome: 'failed', attempts: 2 },
      { outcome: 'failed', attempts: 2 },
    ]);
  });

  test('--atomic takes everything back', async () => {
    const { platform, skaha: own } = await ownPlatform();
    platform.faults.inject({ kind: 'reject-create', every: 3, message: 'no room' });
    const words = ['create', 'headless', image, '-n', 'all', '-r', '5', '--atomic', '--', 'true'];
    const made = await own(words);
    expect(made).toMatchObject({ status: 1, stdout: '' });
    expect(made.stderr).toContain('no room');
    expect(JSON.parse((await own(['ps', '--all', '--json'])).stdout)).toEqual([]);
  });

  test('cancel asks, deletes what runs, and nothing can be resumed', async () => {
    const ids = idsOf(await create('long', '-r', '2', '-q', '--', 'sleep', '600'));
    const asked = await skaha(['jobs', 'cancel', 'long']);
    expect(asked.status).toBe(2);
    const words = ['--yes', '--json', '--progress', 'json'];
    const cancelled = await skaha(['jobs', 'cancel', 'long', ...words]);
    expect(cancelled.status).toBe(0);
    const removed = JSON.parse(cancelled.stdout);
    const steps = cancelled.stderr.trimEnd().split('\n');
    expect(steps.map((line) => JSON.parse(line).id).sort()).toEqual(
      removed.map(({ id }: { id: string }) => id).sort(),
    );
    expect(removed.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect((await skaha(['info', ...ids])).status).toBe(4);
    const resumed = await skaha(['jobs', 'resume', 'long']);
    expect(resumed).toMatchObject({ status: 1, stdout: '' });
    expect(resumed.stderr).toContain('The batch long is cancelled.');
  });

  test('Ctrl-C says how far it came and how to go on', async () => {
    const controller = new AbortController();
    controller.abort(new Interruption('SIGINT'));
    expect((await create('stopped', '-r', '2')).status).toBe(0);
    const stopped = await skaha(['jobs', 'resume', 'stopped'], {
      terminal: { signal: controller.signal },
    });
    expect(stopped.status).toBe(130);
  });

  test('rm forgets the journal and keeps the sessions', async () => {
    const ids = idsOf(await create('brief', '-r', '2', '-q'));
    expect(await skaha(['jobs', 'rm', 'brief'])).toMatchObject({
      status: 0,
      stdout: 'removed brief\n',
    });
    expect((await skaha(['info', ...ids])).status).toBe(0);
    expect((await skaha(['jobs', 'rm'])).status).toBe(2);
    expect((await skaha(['jobs', 'rm', '--complete'])).status).toBe(0);
    const left = JSON.parse((await skaha(['jobs', 'ls', '--json'])).stdout);
    for (const { state } of left) expect(state).toBe('incomplete');
  });

  test('an unknown job: exit 4, and the one that was meant', async () => {
    await create('known', '-r', '2');
    for (const verb of ['show', 'logs', 'resume', 'cancel', 'rm']) {
      const missing = await skaha(['jobs', verb, 'knwon']);
      expect(missing).toMatchObject({ status: 4, stdout: '' });
      expect(missing.stderr).toContain("Did you mean 'known'?");
    }
    expect((await skaha(['jobs', 'logs', 'known', '-i', '3'])).status).toBe(2);
  });

  test('show and logs do without what is gone or never was', async () => {
    await create('kept', '-r', '2');
    const elsewhere = await skaha(['jobs', 'show', 'kept'], {
      services: { connect: () => Promise.reject(new Interruption('SIGTERM')) },
    });
    expect(elsewhere.status).toBe(0);
    expect(elsewhere.stderr).toContain('The platform was not asked');
    const none = await skaha(['jobs', 'logs', 'kept', '--failed']);
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toContain('None of its sessions failed.');
  });
});
