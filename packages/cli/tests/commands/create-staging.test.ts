import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { sharedPlatform } from '../harness.js';

const local = sharedPlatform();
const image = 'skaha/terminal:1.1.2';
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skaha-staging-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const skaha = (...argv: string[]) => local.skaha(argv);

const write = async (name: string, text: string) => {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), text);
};

const script = `set -e
mkdir -p out-$TAG
for name in in-$TAG/*; do tr a-z A-Z < "$name" > "out-$TAG/$(basename "$name")"; done
`;

test('a job finds its inputs, and its outputs come back', async () => {
  await write('in/a b.txt', 'first');
  await write('in/ü#%.txt', 'second');
  await write('work.sh', script);
  const made = await skaha(
    ...['create', 'headless', image, '-n', 'one', '-e', 'TAG=one', '--script', `${folder}/work.sh`],
    ...['--upload', `${folder}/in:arc:/home/ada/in-one`],
    ...['--download', `arc:/home/ada/out-one:${folder}/results/{name}`],
  );
  expect(made.stderr).toMatch(/Sent .*\/in to arc:\/home\/ada\/in-one\.\n/);
  expect(made.stderr).toMatch(/Fetched arc:\/home\/ada\/out-one to .*\/results\/one\.\n/);
  expect(made.status).toBe(0);
  expect(await readFile(join(folder, 'results/one/a b.txt'), 'utf8')).toBe('FIRST');
  expect((await readdir(join(folder, 'results/one'))).sort()).toEqual(['a b.txt', 'ü#%.txt']);
});

test('each row has files of its own; a batch that was not waited for is fetched later', async () => {
  await write('rows.csv', 'TAG,TOOL\nred,x\nblue,y\n');
  for (const tag of ['red', 'blue']) await write(`data/${tag}.txt`, `of ${tag}`);
  await write('work.sh', script);
  const made = await skaha(
    ...['create', 'headless', image, '-n', 'rows', '--params', `${folder}/rows.csv`, '--no-wait'],
    ...['--script', `${folder}/work.sh`],
    ...['--upload', `${folder}/data/{TAG}.*:arc:/home/ada/in-{TAG}`],
    ...['--download', `arc:/home/ada/out-{TAG}/*.txt:${folder}/back/{REPLICA_ID}`],
  );
  expect(made.status).toBe(0);
  expect(made.stderr).toContain("'skaha jobs resume rows'");
  expect(made.stderr).not.toContain('Fetched');
  const resumed = await skaha('jobs', 'resume', 'rows');
  expect(resumed.stderr).not.toContain('Sent');
  expect(resumed.status).toBe(0);
  expect(await readFile(join(folder, 'back/1/red.txt'), 'utf8')).toBe('OF RED');
  expect(await readFile(join(folder, 'back/2/blue.txt'), 'utf8')).toBe('OF BLUE');
  const again = await skaha('jobs', 'resume', 'rows');
  expect(again.stderr).not.toContain('Fetched');
});

test('a pattern of folders stands for those that have the file', async () => {
  await write('in-1/part.txt', 'of one');
  await write('in-2/other.txt', 'of two');
  const made = await skaha(
    ...['create', 'headless', image, '-n', 'parts'],
    ...['--upload', `${folder}/in-*/part.txt:arc:/home/ada/parts/`, '--', 'true'],
  );
  expect(made.stderr).toContain('Sent ');
  expect(made.status).toBe(0);
  expect(await readdir(join(local.platform.home, 'parts'))).toEqual(['part.txt']);
});

test('outputs that cannot be fetched are told, and tried again', async () => {
  const made = await skaha(
    ...['create', 'headless', image, '-n', 'late'],
    ...['--download', `arc:/home/ada/late.txt:${folder}/late.txt`, '--', 'true'],
  );
  expect(made.stderr).toContain('arc:/home/ada/late.txt does not exist');
  expect(made.stderr).toContain('Could not fetch 1 of 1 outputs.');
  expect(made.status).toBe(4);
  await writeFile(join(local.platform.home, 'late.txt'), 'there now');
  expect((await skaha('jobs', 'resume', 'late')).status).toBe(0);
  expect(await readFile(join(folder, 'late.txt'), 'utf8')).toBe('there now');
});

test.each([
  [['notebook', '--upload', 'a:arc:/home/ada/a'], /not for notebook sessions/],
  [['headless', image, '--upload', 'here', '--', 'true'], /Write for example --upload data:arc:/],
  [['headless', image, '--download', 'arc:/home/ada/x', '--', 'true'], /--download 'arc:/],
  [['headless', image, '--upload', '/nothing/x:arc:/home/ada/x', '--', 'true'], /There is no/],
  [['headless', image, '--download', 'arc:/{BAND}:x', '--', 'true'], /no value for \{BAND\}/],
  [
    ['headless', image, '--attach', '--download', 'arc:/home/ada/x:y', '--', 'true'],
    /--attach and --download/,
  ],
])('create %j is refused before anything is launched', async (words, message) => {
  const before = (await skaha('jobs', 'ls', '-q')).stdout;
  const { status, stderr } = await skaha('create', ...words);
  expect(stderr).toMatch(message);
  expect([1, 2, 4]).toContain(status);
  expect((await skaha('jobs', 'ls', '-q')).stdout).toBe(before);
});
