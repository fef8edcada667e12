import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Platform, startPlatform } from 'skaha-platform';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { systemServices } from '../../../src/environment/services.js';
import { runSkaha } from '../../harness.js';

let one: Platform;
let two: Platform;
let home: string;

beforeAll(async () => {
  const start = async () => {
    const data = join(mkdtempSync(join(tmpdir(), 'skaha-which-')), 'state');
    layKeys(data);
    return startPlatform({ data, port: 0, user: 'ada', runner: 'process' });
  };
  [one, two] = [await start(), await start()];
  return async () => {
    for (const each of [one, two]) {
      await each.stop();
      rmSync(dirname(each.data), { recursive: true, force: true });
    }
  };
});

beforeEach(async () => {
  home = await temporaryDirectory();
});

/** With the configuration of this home, and really connecting. */
const skaha = (argv: readonly string[], stdin = '') => {
  const env = { HOME: home };
  const { connect } = systemServices({ env });
  return runSkaha(argv, { terminal: { env }, stdin, services: { connect } });
};

/** A context of a server elsewhere is the active one. */
const elsewhere = async () => {
  const token = join(home, 'token');
  await writeFile(token, 'token');
  await skaha([
    'context',
    'add',
    'far',
    '--url',
    'https://far.example/skaha',
    '--token-file',
    token,
  ]);
  await use('far');
};

const knows = async (
  name: string,
  { url, ca, tokenFile }: Pick<Platform, 'ca' | 'tokenFile' | 'url'>,
) => skaha(['context', 'add', name, '--url', url, '--ca', ca, '--token-file', tokenFile]);

const use = (name: string) => skaha(['context', 'use', name]);
const status = (...words: string[]) => skaha(['platform', 'status', ...words]);

describe('which platform', () => {
  test('the one that the active context points to', async () => {
    await knows('one', one);
    await knows('two', two);
    for (const [name, { url, data }] of [
      ['two', two],
      ['one', one],
    ] as const) {
      await use(name);
      expect(JSON.parse((await status('--json')).stdout)).toMatchObject({
        url,
        data,
        context: name,
      });
    }
  });

  test('the only one that runs, whatever context is active', async () => {
    await knows('one', one);
    await elsewhere();
    expect(JSON.parse((await status('--json')).stdout)).toMatchObject({ url: one.url });
  });

  test('all of them where none is meant; stop then asks for a name', async () => {
    await knows('one', one);
    await knows('two', two);
    await elsewhere();
    const listed = await status();
    expect(listed.status).toBe(0);
    expect(listed.stderr).toBe('The active context is not one of the running platforms:\n');
    for (const [name, { url, data }] of [
      ['one', one],
      ['two', two],
    ] as const)
      expect(listed.stdout).toMatch(new RegExp(`^${name} +${url} +\\d+ +${data}$`, 'm'));
    expect(JSON.parse((await status('--json')).stdout)).toMatchObject([
      { context: 'one', url: one.url },
      { context: 'two', url: two.url },
    ]);
    const stopped = await skaha(['platform', 'stop']);
    expect(stopped).toMatchObject({ status: 2, stdout: '' });
    expect(stopped.stderr).toContain(`'skaha platform stop --data ${one.data}' or`);
    expect(stopped.stderr).toContain(`'skaha platform stop --data ${two.data}'`);
  });

  test('one that is down is not taken for another', async () => {
    await knows('one', one);
    const down = await temporaryDirectory();
    await writeFile(join(down, '.skaha-platform'), '');
    await copyFile(one.ca, join(down, 'ca.pem'));
    const { tokenFile } = one;
    await knows('down', { url: 'https://127.0.0.1:9/skaha', ca: join(down, 'ca.pem'), tokenFile });
    await use('down');
    const listed = await status();
    expect(listed.stderr).toBe(
      'The platform of the active context is not running. These platforms are:\n',
    );
    expect(listed.stdout).toContain(one.url);
    const stopped = await skaha(['platform', 'stop']);
    expect(stopped).toMatchObject({ status: 0, stdout: '' });
    expect(stopped.stderr).toContain(`Others are: 'skaha platform stop --data ${one.data}'`);
  });
});

describe('logging in at a platform of this machine', () => {
  const logIn = (words: string[], password: string) =>
    skaha(['login', 'here', '--password-stdin', ...words], password);

  test('its user is the default, and a wrong password names the file of the right one', async () => {
    await skaha([
      'platform',
      'start',
      '--detach',
      '--data',
      one.data,
      '--context',
      'here',
      '--use',
    ]);
    const refused = await logIn([], 'wrong');
    expect(refused).toMatchObject({ status: 3, stdout: '' });
    expect(refused.stderr).toContain(`The password of ada is in ${one.passwordFile}\n`);
    const password = await readFile(one.passwordFile ?? '', 'utf8');
    expect(await logIn([], password)).toMatchObject({ status: 0 });
    const nobody = await logIn(['-u', 'nobody', '--force'], password);
    expect(nobody.stderr).toContain(
      `The user of this platform is 'ada'. The password of ada is in ${one.passwordFile}\n`,
    );
    expect(nobody.stderr).not.toContain(password.trim());
  });
});

test('what a platform offers is known from its start', async () => {
  await skaha(['platform', 'start', '--detach', '--data', two.data, '--context', 'here']);
  const { stdout } = await skaha(['server', 'show', 'here', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    limits: { fixed: { cores: { min: 1, max: expect.any(Number) } } },
  });
});
