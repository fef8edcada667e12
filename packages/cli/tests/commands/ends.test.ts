import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JumpingClock } from '../../../client/tests/fixtures.js';
import { idsOf, sharedPlatform } from '../harness.js';
import { session, standIn } from '../stand-in.js';

const image = 'skaha/terminal:1.1.2';
const { skaha } = sharedPlatform();

const create = async (name: string, ...words: string[]) => {
  const made = await skaha(['create', 'headless', image, '-n', name, '-q', ...words]);
  return idsOf(made)[0] ?? '';
};
const launchOf = async (name: string, run = skaha) => {
  const { stdout } = await run(['history', '--json']);
  return JSON.parse(stdout).find((launch: { name: string }) => launch.name === name);
};

describe('how sessions ended', () => {
  test('ps shows an end and an age, with the exit status when it is wide, and to programs', async () => {
    const id = await create('listed', '--wait', '--sh', 'exit 3');
    const plain = await skaha(['ps', '--all']);
    expect(plain.stdout).toMatch(/^ID +NAME +KIND +STATUS +IMAGE +AGE +ENDED$/m);
    expect(plain.stdout).toMatch(new RegExp(`^${id} .* \\d+s +\\d+s ago$`, 'm'));
    const wide = await skaha(['ps', '--all', '-o', 'wide']);
    expect(wide.stdout).toMatch(/AGE +ENDED +EXIT/);
    const machine = await skaha(['ps', '--all', '--json', '--filter', 'exitStatus=3']);
    expect(JSON.parse(machine.stdout)).toEqual([
      expect.objectContaining({
        id,
        exitStatus: 3,
        reason: 'The command ended with exit status 3',
        endTime: expect.stringMatching(/^\d{4}-.*Z$/),
      }),
    ]);
  });

  test('a list of what runs has no such column', async () => {
    const id = await create('runs', '--sh', 'sleep 600');
    await skaha(['wait', id, '--for', 'running', '--interval', '10ms']);
    expect((await skaha(['ps'])).stdout).toMatch(/IMAGE +AGE$/m);
    await skaha(['delete', '-y', id]);
  });

  test('one that completed has exit status 0, whatever else was noted in its last moment', async () => {
    const id = await create('fine', '--wait', '--', 'true');
    const { stdout } = await skaha(['info', id, '--json']);
    expect(JSON.parse(stdout)).toMatchObject([{ exitStatus: 0, reason: null }]);
  });
});

describe('history tells it', () => {
  // Each is one way to have seen the end; then the platform forgets the session.
  test.each<[string, string[]]>([
    ['wait', ['wait', '--interval', '10ms']],
    ['info', ['info']],
    ['ps', ['ps']],
    ['ps --all', ['ps', '--all']],
    ['history', ['history']],
    ['delete', []],
  ])('after %s, when the platform has forgotten the session', async (how, words) => {
    const name = `seen-by-${how.replaceAll(/[ -]+/g, '-')}`;
    const id = await create(name, '--sh', 'exit 4');
    const over = await skaha(['wait', id, '--interval', '10ms'], {
      // Of this wait nothing is written down.
      services: { launches: () => Promise.reject(new Error('no disk')) },
    });
    expect(over.status).toBe(8);
    if (words.length > 0) await skaha(how === 'wait' || how === 'info' ? [...words, id] : words);
    await skaha(['delete', '-y', id]);
    const { sessions } = await launchOf(name);
    expect(sessions).toEqual([
      {
        id,
        name,
        status: 'Failed',
        exitStatus: 4,
        reason: 'The command ended with exit status 4',
        startTime: expect.stringMatching(/Z$/),
        endTime: expect.stringMatching(/Z$/),
        durationSeconds: expect.any(Number),
      },
    ]);
    expect((await skaha(['history', '--filter', `name=${name}`])).stdout).toMatch(/Failed \(4\)/);
  });

  test('what goes on, and what was deleted before its end', async () => {
    const id = await create('going', '-r', '2', '--sh', 'sleep 600');
    await skaha(['wait', 'going', '--for', 'running', '--interval', '10ms']);
    expect((await skaha(['history'])).stdout).toMatch(/going +2 +2 Running +- +-/);
    await skaha(['delete', '-y', id, 'going-2']);
    expect((await launchOf('going')).sessions).toMatchObject([
      { status: 'Deleted', exitStatus: null },
      { status: 'Deleted', exitStatus: null },
    ]);
  });

  test('without the platform, too; the record is private', async () => {
    const connect = () => Promise.reject(new Error('no network'));
    const launch = await launchOf('going', (argv) => skaha(argv, { services: { connect } }));
    expect(launch.sessions).toMatchObject([{ status: 'Deleted' }, { status: 'Deleted' }]);
    const path = join(homedir(), '.local', 'state', 'skaha', 'ends.jsonl');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toContain('"exitStatus":4');
  });
});

test('a platform that tells no end is asked once, and none is made up', async () => {
  const head = 'TYPE   REASON   MESSAGE   FIRST-TIME   LAST-TIME\n';
  const started =
    'Normal  Started  Started container  2026-08-06T11:01:00Z  2026-08-06T11:01:00Z\n';
  let looks = 0;
  const { skaha: real } = await standIn(({ path }) => {
    if (!path.includes('view=events'))
      return { body: JSON.stringify([session('zzz99999', { status: 'Completed' })]) };
    looks += 1;
    return { body: head + started };
  });
  const services = { clock: new JumpingClock(700_000) };
  const listed = await real(['ps', '--all'], { services });
  expect(listed.stdout).toMatch(/^zzz99999 .* -$/m);
  await real(['ps', '--all'], { services });
  expect(looks).toBe(1);
});

test('of very many that were waited for, only how the failed ones ended is asked', async () => {
  const asked: string[] = [];
  const ids = Array.from({ length: 60 }, (_, at) => `end${10_000 + at}`);
  const { skaha: real } = await standIn(({ path }) => {
    const id = /session\/(\w+)\?view=events/.exec(path)?.[1];
    if (id !== undefined) asked.push(id);
    const statusOf = (one: string) => (one.endsWith('7') ? 'Failed' : 'Completed');
    const all = ids.map((one) => session(one, { status: statusOf(one) }));
    return id === undefined ? { body: JSON.stringify(all) } : { body: '' };
  });
  await real(['wait', ...ids]);
  expect([...new Set(asked)].sort()).toEqual(ids.filter((id) => id.endsWith('7')));
});
