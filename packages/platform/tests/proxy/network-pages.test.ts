import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { create, discard, list, openPlatform, send, until, untilStatus } from '../fixtures.js';
import { config, page, upgrade } from './web-app.js';

const probe = await probeSandbox();
const network = 'tools' in probe ? probe.tools.network : undefined;
const isBridge = network?.kind === 'bridge';
const obstacle =
  isBridge && network.slirp !== undefined
    ? undefined
    : 'pages cannot be in the network of their user and reach others here';
if (obstacle !== undefined) process.stdout.write(`${obstacle}\n`);

/** A notebook of sorts: asks at addresses, the platform among them, for whoever sees its page. */
const notebook = `
const http = require('node:http');
const { writeFileSync } = require('node:fs');
const { connect } = require('node:net');
http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://inner');
  const answer = (text) => response.writableEnded || response.end(String(text));
  if (pathname === '/platform') {
    const url = process.env.CANFAR_URL + '/session';
    return require('node:https').get(url, { rejectUnauthorized: false }, (reply) => answer(reply.statusCode)).on('error', answer);
  }
  if (pathname !== '/ask') return answer('here');
  connect(Number(searchParams.get('port')), searchParams.get('host'))
    .setTimeout(2000, () => answer('silence')).on('error', () => answer('refused')).on('data', answer);
}).listen(process.env.PORT, '0.0.0.0', () => writeFileSync(process.env.HOME + '/notebook', process.env.skaha_hostname));
`;

const job = `
const { writeFileSync } = require('node:fs');
require('node:net').createServer((socket) => socket.on('error', () => {}).end('job of ' + process.env.skaha_username))
  .listen(7000, '0.0.0.0', () => writeFileSync(process.env.HOME + '/job', process.env.skaha_hostname));
`;

const asking = `
const { connect } = require('node:net');
connect(5000, process.argv[2]).setTimeout(3000, () => process.exit(2))
  .on('error', () => process.exit(1)).on('connect', () => process.exit(0));
`;

const image = 'images.canfar.net/own/notebook:1';
const tool = 'images.canfar.net/own/tool:1';

describe.skipIf(obstacle !== undefined)('a page in the network of its user', () => {
  let platform: Platform;

  beforeAll(async () => {
    const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
    const images = [
      ...config.images,
      { id: image, types: ['contributed'], command: ['node', 'notebook.cjs'] },
      { id: tool, types: ['headless'] },
    ];
    const all = { ...config, runner: 'sandbox', images } as const;
    platform = await openPlatform({ data, port: 0, user: 'ada', config: all });
  });

  afterAll(async () => {
    await platform.stop();
    await discard(platform.data);
  });

  test('is reached through the platform, a WebSocket of it, too', async () => {
    const { path, cookie } = await page(platform);
    const answer = await send(platform, 'POST', `${path}sub?q=1`, { body: 'text' });
    expect(JSON.parse(answer.body)).toMatchObject({
      method: 'POST',
      url: '/sub?q=1',
      body: 'text',
    });
    const count = await send(platform, 'POST', `${path}count`, { body: 'x'.repeat(3_000_000) });
    expect(count.body).toBe('3000000');
    const many = await send(platform, 'GET', `${path}many?MiB=5`);
    expect(many.body).toHaveLength(5 * 2 ** 20);
    const said = await upgrade(platform, `${path}socket?x=1`, [`cookie: ${cookie}`], 'hello');
    expect(said).toMatch(/^HTTP\/1\.1 101 [\s\S]*\/socket\?x=1\|hello$/);
  });

  test('reaches the jobs of its user and the platform, and they reach it; others do not', async () => {
    const other = platform.users.find(({ name }) => name !== 'ada');
    const home = (user = '') => join(platform.home, '..', user);
    for (const user of ['ada', other?.name]) {
      mkdirSync(home(user), { recursive: true });
      writeFileSync(join(home(user), 'notebook.cjs'), notebook);
      writeFileSync(join(home(user), 'job.cjs'), job);
      writeFileSync(join(home(user), 'asking.cjs'), asking);
    }
    const read = (name: string) =>
      until(() => {
        try {
          return readFileSync(join(platform.home, name), 'utf8') || undefined;
        } catch {
          return undefined;
        }
      });
    const id = await create(platform, { type: 'contributed', image });
    const worker = { type: 'headless', image: tool, cmd: 'node', args: 'job.cjs' };
    await create(platform, worker);
    await untilStatus(platform, id, 'Running');
    const [address, own] = [await read('job'), await read('notebook')];
    const path = `/session/contrib/${id}/`;
    const asked = await send(platform, 'GET', `${path}ask?host=${address}&port=7000`);
    expect(asked.body).toBe('job of ada');
    expect((await send(platform, 'GET', `${path}platform`)).body).toBe('401');
    const inward = `${path}ask?host=10.0.2.2&port=${platform.port}`;
    expect((await send(platform, 'GET', inward)).body).not.toContain('here');

    const ask = { type: 'headless', image: tool, cmd: 'node', args: `asking.cjs ${own}` };
    await untilStatus(platform, await create(platform, ask), 'Completed');
    const sending = { token: other?.token };
    const foreign = await create(platform, ask, sending);
    await until(async () =>
      (await list(platform, '', sending)).find(
        (one) => one.id === foreign && one.status === 'Failed',
      ),
    );
  });
});

describe.skipIf(!isBridge)('a page that reaches only the sessions of its user', () => {
  test('is found, whether a supervisor stood ready for its session or not', async () => {
    const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
    const sandbox = { interactiveNetwork: 'none' } as const;
    const images = [...config.images, { id: tool, types: ['headless'] }];
    const all = { ...config, runner: 'sandbox', sandbox, images } as const;
    const platform = await openPlatform({ data, port: 0, user: 'ada', config: all });
    onTestFinished(async () => {
      await platform.stop();
      await discard(data);
    });
    // The first of a user finds nobody standing ready; later ones do, once others have ended.
    const echo = { type: 'headless', image: tool, cmd: 'true' };
    for (let count = 0; count < 3; count += 1) {
      const { path } = await page(platform);
      expect((await send(platform, 'GET', `${path}sub`)).status).toBe(200);
      await untilStatus(platform, await create(platform, echo), 'Completed');
    }
  });
});
