import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { launchLog } from 'skaha/history';
import { describe, expect, test } from 'vitest';
import { idsOf, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();
const { skaha } = shell;
const path = () => join(homedir(), '.local', 'state', 'skaha', 'launches.jsonl');
const history = async () => JSON.parse((await skaha(['history', '--json'])).stdout);

const planned = async (words: string[]) => {
  const made = await skaha(['relaunch', ...words, '--dry-run', '--json']);
  return JSON.parse(made.stdout);
};

describe('history and relaunch', () => {
  test('nothing was launched yet', async () => {
    const empty = await skaha(['history']);
    expect(empty).toMatchObject({ status: 0, stdout: '' });
    expect(empty.stderr).toContain('Nothing was launched from here yet.');
    expect((await skaha(['relaunch'])).status).toBe(4);
    expect(await history()).toEqual([]);
  });

  test('launches are listed, newest first; a dry run is none', async () => {
    const words = ['-c', '1', '-m', '2', '-e', 'BAND=r', '-e', 'API_TOKEN=hush'];
    const made = await skaha([
      ...['create', 'headless', image, '-n', 'first', '-q', ...words, '--', 'echo', 'a'],
    ]);
    await skaha(['create', 'headless', image, '-n', 'dry', '--dry-run', '--', 'true']);
    await skaha(['create', 'headless', image, '-r', '2', '-q', '--sh', 'echo "$X"']);
    const [second, first, ...more] = await history();
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      ...{ number: 2, kind: 'headless', name: 'first', image, command: 'echo a', total: 1 },
      sessions: [{ id: idsOf(made)[0], name: 'first' }],
      withheld: ['API_TOKEN'],
    });
    expect(second).toMatchObject({ number: 1, total: 2, command: '(a script)' });
    const table = await skaha(['history']);
    expect(table.stdout).toMatch(/NUMBER +LAUNCHED +KIND +NAME/);
  });

  test('the record is private and holds no secret', () => {
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readFileSync(path(), 'utf8')).not.toContain('hush');
  });

  test('relaunch says what it does and sends the same requests', async () => {
    const [one] = await planned(['first', '-e', 'API_TOKEN=again']);
    expect(one.parameters).toMatchObject({
      ...{ name: 'first', cores: '1', ram: '2', type: 'headless', cmd: 'echo', args: 'a' },
      env: ['BAND=r', 'API_TOKEN=again', 'REPLICA_ID=1', 'REPLICA_COUNT=1'],
    });
    const two = await planned([]);
    expect(two).toHaveLength(2);
    expect(two[0].parameters.cmd).toBe('sh');
    const made = await skaha(['relaunch', '1', '-n', 'other', '-q']);
    expect(idsOf(made)).toHaveLength(2);
    expect(made.stderr).toMatch(/^Launching again what was launched at .*: headless .* as other/);
    expect((await history())[0]).toMatchObject({ name: 'other', total: 2 });
  });

  test('what was not kept must be given again', async () => {
    const refused = await skaha(['relaunch', 'first']);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('-e API_TOKEN=VALUE');
  });

  test.each(['99', 'frist'])('there was no launch %s', async (word) => {
    const refused = await skaha(['relaunch', word]);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    if (word === 'frist') expect(refused.stderr).toContain("Did you mean 'first'?");
  });

  test('batches keep their rows and their retries', async () => {
    const file = join(homedir(), 'rows.csv');
    writeFileSync(file, 'BAND,SEED\nr,1\ng,2\n');
    const words = ['--params', file, '--retries', '2', '--retry-on', 'rejected'];
    await skaha(['create', 'headless', image, '-n', 'rows', ...words, '-q', '--', 'true']);
    const requests = await planned(['1']);
    expect(requests.map((one: { parameters: { env: string[] } }) => one.parameters.env)).toEqual([
      ['BAND=r', 'SEED=1', 'REPLICA_ID=1', 'REPLICA_COUNT=2'],
      ['BAND=g', 'SEED=2', 'REPLICA_ID=2', 'REPLICA_COUNT=2'],
    ]);
    const [{ specification }] = await history();
    expect(specification).toMatchObject({ retries: 2, 'retry-on': 'rejected' });
  });

  test('a launch that cannot be written down is a launch all the same', async () => {
    const launches = () => Promise.reject(new Error('the disk is full'));
    const made = await skaha(['create', 'headless', image, '-q', '--', 'true'], {
      services: { launches },
    });
    expect(made.status).toBe(0);
    expect(idsOf(made)).toHaveLength(1);
    expect(made.stderr).toContain("recorded for 'skaha history': the disk is full");
  });
});

describe('the record', () => {
  const record = (name: string, rows?: Record<string, string>[]) => ({
    ...{ time: '2026-01-02T00:00:00.000Z', server: 'https://host.example', total: 1, rows },
    ...{ specification: { kind: 'headless', name }, withheld: [], sessions: [] },
  });

  test('is bounded, and survives a torn line', async () => {
    const file = join(homedir(), 'bounded', 'launches.jsonl');
    const log = launchLog(file);
    for (let number = 1; number <= 201; number += 1) await log.add(record(`n${number}`));
    const names = (await log.read()).map(({ specification }) => specification['name']);
    expect(names).toHaveLength(100);
    expect(names.at(-1)).toBe('n201');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"time":"2026`);
    expect(await log.read()).toHaveLength(100);
  });

  test('leaves out rows that are too many, and says so', async () => {
    const log = launchLog(join(homedir(), 'many', 'launches.jsonl'));
    await log.add(
      record(
        'many',
        Array.from({ length: 9000 }, () => ({ A: 'x'.repeat(40) })),
      ),
    );
    const refused = await skaha(['relaunch'], { services: { launches: async () => log } });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('too many rows to be saved');
  });
});
