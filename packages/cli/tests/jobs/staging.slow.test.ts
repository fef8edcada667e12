import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startSkaha } from '../child.js';
import { sharedPlatform } from '../harness.js';

const local = sharedPlatform();
const image = 'skaha/terminal:1.1.2';
const rows = ['red', 'green', 'blue'];
const perRow = 40;
/** Files that may be under way at the same time, in two trees. */
const underWay = 16;

const script = `set -e
mkdir -p out/$BAND
for name in in/$BAND/*; do cp "$name" shared/common.txt out/$BAND/; done
`;

/** What the platform was asked so far for files and sessions. */
const asked = (method: string, address: RegExp) =>
  local.platform.requests.filter((one) => one.method === method && address.test(one.path));
const sent = () => asked('PUT', /^\/arc\/files\//).length;
const launched = () => asked('POST', /^\/skaha\/v1\/(?:session|launches)/).length;
const fetched = () => asked('GET', /^\/arc\/files\//).length;

test('killed while it sends, launches and fetches, a batch moves everything once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-staged-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const band of rows) {
    mkdirSync(join(folder, 'data', band), { recursive: true });
    for (let index = 0; index < perRow; index += 1) {
      writeFileSync(join(folder, 'data', band, `${index}.txt`), `${band} ${index}\n`.repeat(9_000));
    }
  }
  mkdirSync(join(folder, 'shared'));
  writeFileSync(join(folder, 'shared/common.txt'), 'common');
  writeFileSync(join(folder, 'rows.csv'), `BAND\n${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'work.sh'), script);
  const { url, ca, tokenFile } = local.platform;
  const server = ['--url', url, '--ca', ca, '--token-file', tokenFile];
  const env = { XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
  const resume = () => startSkaha(['jobs', 'resume', 'survey', ...server], env);
  const killAt = async (command: ReturnType<typeof startSkaha>, isThere: () => boolean) => {
    let isOver = false;
    void command.ended.then(() => {
      isOver = true;
    });
    while (!isThere() && !isOver) await pause(5);
    command.process.kill('SIGKILL');
    expect(`${await command.ended} ${command.stderr()}`).toMatch(/^SIGKILL /);
  };

  const create = startSkaha(
    [
      ...['create', 'headless', image, '-n', 'survey', ...server],
      ...['--params', join(folder, 'rows.csv'), '--script', join(folder, 'work.sh')],
      ...['--upload', `${folder}/shared:arc:/home/ada/shared`],
      ...['--upload', `${folder}/data/{BAND}:arc:/home/ada/in/{BAND}`],
      ...['--download', `arc:/home/ada/out/{BAND}:${folder}/results/{BAND}`],
    ],
    env,
  );
  await killAt(create, () => sent() >= 20);
  expect(launched()).toBe(0);
  await killAt(resume(), () => sent() >= 80);
  expect(launched()).toBe(0);
  await killAt(resume(), () => launched() >= 1);
  await killAt(resume(), () => fetched() >= 30);
  const last = resume();
  expect(`${await last.ended} ${last.stderr()}`).toMatch(/^0 /);

  const names = Array.from({ length: perRow }, (_, index) => `${index}.txt`);
  for (const band of rows) {
    const results = join(folder, 'results', band);
    expect(readdirSync(results).sort()).toEqual([...names, 'common.txt'].sort());
    for (const name of names) {
      const original = readFileSync(join(folder, 'data', band, name));
      expect(readFileSync(join(results, name)).equals(original)).toBe(true);
    }
  }
  // What was under way when the command was killed is sent again, and nothing else is.
  const files = rows.length * perRow;
  expect(sent()).toBeLessThanOrEqual(files + 1 + 2 * underWay);
  expect(fetched()).toBeLessThanOrEqual(files + rows.length + underWay);
  const sessions = JSON.parse((await local.skaha(['ps', '--all', '--json'])).stdout) as object[];
  expect(sessions).toHaveLength(rows.length);

  const before = [sent(), launched(), fetched()];
  expect(await resume().ended).toBe(0);
  expect([sent(), launched(), fetched()]).toEqual(before);
}, 240_000);
