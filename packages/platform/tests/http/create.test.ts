import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  events,
  get,
  list,
  logs,
  openPlatform,
  post,
  roomy,
  send,
  terminal,
  until,
  untilStatus,
} from '../fixtures.js';

let platform: Platform;
let data: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
  platform = await openPlatform({ data, port: 0, user: 'adastra', config: roomy });
});

afterAll(async () => {
  await platform.stop();
  rmSync(data, { recursive: true, force: true });
});

const refusal = async (fields: Parameters<typeof post>[1]) => {
  const answer = await post(platform, fields);
  expect(answer.status).toBe(400);
  return answer.body;
};

describe('success', () => {
  test('11: create replies 200 text/plain with the id and one LF, and no Location', async () => {
    const answer = await post(platform, { cmd: 'true' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain');
    expect(answer.headers['location']).toBeUndefined();
    expect(answer.body).toMatch(/^[a-z][a-z0-9]{7}\n$/);
  });

  test('13: no type is headless; a type is read without case; a wrong one is refused', async () => {
    expect(await get(platform, await create(platform, { cmd: 'true' }))).toMatchObject({
      type: 'headless',
    });
    const id = await create(platform, { type: ' FireFly ' });
    expect(await get(platform, id)).toMatchObject({ type: 'firefly' });
    expect(await refusal({ type: 'bogus' })).toBe('Invalid session type: bogus\n');
  });

  test('14: a name is stored in lower case, and two sessions may share it', async () => {
    const [one, two] = await Promise.all([
      create(platform, { name: 'MyRun', cmd: 'true' }),
      create(platform, { name: 'MyRun', cmd: 'true' }),
    ]);
    const names = (await list(platform)).filter(({ id }) => id === one || id === two);
    expect(names.map(({ name }) => name)).toEqual(['myrun', 'myrun']);
  });

  test('17: an image that is not on offer needs the registry header', async () => {
    const image = 'images.canfar.net/mine/secret:1';
    expect(await refusal({ image })).toBe(
      'No authentication provided for unknown or private image.  Use x-skaha-registry-auth request header with base64Encode(username:secret).\n',
    );
    const auth = (text: string) => ({ headers: { 'X-Skaha-Registry-Auth': text } });
    const encode = (text: string) => auth(Buffer.from(text).toString('base64'));
    const body = async (header: { headers: Record<string, string> }) =>
      (await post(platform, { image, cmd: 'true' }, header)).body;
    expect(await body(encode('user:secret'))).toMatch(/^[a-z0-9]{8}\n$/);
    expect(await body(encode('user:secret:'))).toMatch(/^[a-z0-9]{8}\n$/);
    const form = 'Invalid input.  Must be in form of username:secret\n';
    expect(await body(encode('user'))).toBe(form);
    expect(await body(encode('user:'))).toBe(form);
    expect(await body(encode('a:b:c'))).toBe(form);
    expect(await body(encode(':secret'))).toBe('username is required.\n');
    expect(await body(encode('user: '))).toBe('secret value cannot be empty.\n');
    expect(await body(auth('!!!!'))).toBe('Illegal character in Base64 encoded data.\n');
    expect(await body(auth('abc'))).toBe(
      'Length of Base64 encoded input string is not a multiple of 4.\n',
    );
  });
});

describe('checks', () => {
  test('12: the first fault in the order of the server wins', async () => {
    const faulty: Record<string, string | undefined> = {
      image: undefined,
      type: 'bogus',
      cores: '0.5',
      ram: '3',
      name: undefined,
      gpus: '0',
    };
    expect(await refusal(faulty)).toBe("Missing parameter 'image'\n");
    const steps: [Record<string, string>, string][] = [
      [{ image: ' ' }, 'image is required\n'],
      [
        { image: 'docker.io/library/nothing:1' },
        "session image 'docker.io/library/nothing:1' must come from one of [images.canfar.net]\n",
      ],
      [{ image: 'images.canfar.net/skaha/nothing:1' }, 'Invalid session type: bogus\n'],
      [{ type: 'headless' }, "Invalid value for 'cores': 0.5\n"],
      [{ cores: '1' }, "Invalid value for 'ram': 3\n"],
      [{ ram: '4' }, "Missing parameter 'name'\n"],
      [{ name: 'a_b' }, "name can only contain alpha-numeric chars and '-'\n"],
      [{ name: '-ab' }, "Invalid value for 'gpus': 0\n"],
    ];
    let fields = faulty;
    for (const [next, text] of steps) {
      fields = { ...fields, ...next };
      expect(await refusal(fields)).toBe(text);
    }
    fields = { ...fields, gpus: undefined };
    expect(await refusal(fields)).toMatch(/^No authentication provided/);
    fields = { ...fields, image: terminal };
    expect(await refusal(fields)).toBe('canfar.net/name label value cannot be blank\n');
  });

  test('15: cores=1.5 is accepted; 0.5, 99 and words are refused in the same words', async () => {
    const id = await create(platform, { cores: '1.5', ram: '2', cmd: 'true' });
    expect(await get(platform, id)).toMatchObject({ requestedCPUCores: '1.500' });
    for (const cores of ['0.5', '99', 'many', '-1', '1e9', '0x1']) {
      expect(await refusal({ cores })).toBe(`Invalid value for 'cores': ${cores}\n`);
    }
    expect(await refusal({ ram: '65' })).toBe("Invalid value for 'ram': 65\n");
    expect(await refusal({ gpus: '0' })).toBe("Invalid value for 'gpus': 0\n");
    expect(await refusal({ gpus: '1' })).toBe("Invalid value for 'gpus': 1\n");
  });

  test('what the cluster would refuse is refused last, and here the reason is told', async () => {
    for (const name of ['ends-', 'x'.repeat(64)]) {
      expect(await refusal({ name, cmd: 'true' })).toBe(
        `'${name}' cannot be a host name: it must begin and end with a letter or digit and have at most 63 characters.\n`,
      );
    }
    expect(await refusal({ type: 'desktop-app' })).toMatch(/^A desktop app is started within a/);
    expect(await refusal({ env: '=value' })).toBe('A variable needs a name.\n');
  });

  test('values that the template cannot take are refused', async () => {
    expect(await refusal({ cmd: 'echo', args: '$HOME' })).toBe('Illegal group reference\n');
    expect(await refusal({ cmd: 'echo', args: `\${x}` })).toBe('No group with name {x}\n');
    expect(await refusal({ cmd: 'a\\' })).toBe('character to be escaped is missing\n');
    expect(await refusal({ env: 'A=$1' })).toMatch(/^A dollar sign cannot be passed on/);
    expect(await refusal({ cmd: 'say', args: '"hi"' })).toMatch(/^A quotation mark cannot/);
  });
});

describe('commands', () => {
  test('39: args are split on single spaces; nothing is interpreted by a shell', async () => {
    const id = await create(platform, {
      cmd: 'printf',
      args: '[%s]|  a;id `id` * ~ && b|c >x',
    });
    await untilStatus(platform, id, 'Completed');
    const words = ['', 'a;id', '`id`', '*', '~', '&&', 'b|c', '>x'];
    expect(await logs(platform, id)).toBe(words.map((word) => `[${word}]|`).join(''));
  });

  test('39: user env is given; A=b=c is dropped; the variables of the platform win', async () => {
    const id = await create(platform, {
      cmd: 'env',
      env: [
        'BAND=r',
        'BAND=g',
        'LOST=b=c',
        'EMPTY=',
        'HOME=/tmp',
        'skaha_username=root',
        'REPLICA_ID=3',
      ],
    });
    await untilStatus(platform, id, 'Completed');
    const lines = (await logs(platform, id)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'BAND=g',
        'REPLICA_ID=3',
        `HOME=${platform.home}`,
        `PWD=${platform.home}`,
        `skaha_sessionid=${id}`,
        'skaha_username=adastra',
        'OMP_NUM_THREADS=1',
      ]),
    );
    expect(lines.filter((line) => /^(LOST|EMPTY|HOME=\/tmp$|SKAHA_|TOKEN)/.test(line))).toEqual([]);
  });

  test('an image gives the command when the request gives none', async () => {
    const id = await create(platform, {
      image: 'images.canfar.net/skaha/node:latest',
      args: '-p 6*7',
    });
    await untilStatus(platform, id, 'Completed');
    expect(await logs(platform, id)).toBe('42\n');
  });

  test('an unknown image without a command fails and says what to do', async () => {
    const header = { 'x-skaha-registry-auth': Buffer.from('u:s').toString('base64') };
    const fields = { image: 'images.canfar.net/mine/own:1' };
    const id = await create(platform, fields, { headers: header });
    await untilStatus(platform, id, 'Failed');
    expect(await events(platform, id)).toContain('has no default command: give the session one');
  });

  test('40: interactive kinds ignore cmd, args and env', async () => {
    const fields = { type: 'firefly', cmd: '$1', args: '"', env: '=x' };
    const id = await create(platform, fields);
    expect(await get(platform, id)).toMatchObject({ type: 'firefly' });
    await send(platform, 'DELETE', `/skaha/v1/session/${id}`);
  });

  test('34: logs are complete, both streams in order; those of unknown sessions are empty', async () => {
    const script = 'echo one; echo two >&2; echo three';
    writeFileSync(join(platform.home, 'streams.sh'), script);
    const id = await create(platform, { cmd: 'sh', args: 'streams.sh' });
    await untilStatus(platform, id, 'Completed');
    expect(await logs(platform, id)).toBe('one\ntwo\nthree\n');
    const unknown = await send(platform, 'GET', '/skaha/v1/session/nothere1?view=logs');
    expect(unknown).toMatchObject({ status: 200, body: '' });
    expect(unknown.headers['content-type']).toBe('text/plain');
  });

  test('33: events of an unknown session are 404 with a full stop', async () => {
    const answer = await send(platform, 'GET', '/skaha/v1/session/nothere1?view=events');
    expect(answer).toMatchObject({ status: 404, body: 'session nothere1 not found.\n' });
  });

  test('33: the events of a session tell its story', async () => {
    const id = await create(platform, { cmd: 'false' });
    await untilStatus(platform, id, 'Failed');
    const reasons = (await events(platform, id)).split('\n').map((line) => line.split(/ +/)[1]);
    expect(reasons.slice(0, 7)).toEqual([
      'REASON',
      'Credentials',
      'Scheduled',
      'Pulled',
      'Created',
      'Started',
      'Failed',
    ]);
  });

  test('64 sessions at once all run', async () => {
    const ids = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        create(platform, { name: `many-${index}`, cmd: 'printenv', args: 'N', env: `N=${index}` }),
      ),
    );
    await until(async () => {
      const sessions = (await list(platform)).filter(({ id }) => ids.includes(id));
      return sessions.every(({ status }) => status === 'Completed');
    });
    const texts = await Promise.all(ids.map((id) => logs(platform, id)));
    expect(texts).toEqual(ids.map((_, index) => `${index}\n`));
  });
});
