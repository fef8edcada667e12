// @ts-check
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describePlatform, startDetached, stopPlatform } from 'skaha-platform';
import { median } from '../lib/numbers.mjs';
import { answered, withFolder, withPlatform, withService } from '../lib/programs.mjs';
import { measureQueue } from '../platform.mjs';
import { BareClient } from '../programs/bare-client.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const concurrency = 16;
const form = 'name=bench&image=images.canfar.net%2Fskaha%2Fterminal%3A1.1.2&type=headless&cmd=true';

/**
 * One kind of request to the platform, and to a server that always gives the same bytes.
 *
 * @param {import('../lib/programs.mjs').Service} service
 * @param {{url: string, token: string, certificate: string}} platform
 * @param {{path: string, method?: string, body?: string}} what
 * @param {{count: number, rounds: number}} amount
 */
async function compared(service, platform, { path, method = 'GET', body }, amount) {
  const { origin } = new URL(platform.url);
  const headers = {
    authorization: `Bearer ${platform.token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  };
  const request = { method, headers, ...(body === undefined ? {} : { body }) };
  const client = new BareClient(origin, 1);
  const { status, headers: replied, bytes } = await client.send(path, request);
  client.close();
  const { connection: _, date: __, ...sent } = replied;
  const answer = { status, headers: sent, body: bytes.toString(), pem: platform.certificate };
  const result = await withService('bare-server', answer, async (bare, port) => {
    const origins = { bare: `https://127.0.0.1:${port}`, platform: origin };
    const times = await answered('requests', { origins, path, request, concurrency, ...amount });
    return { times, memory: await bare.memory() };
  });
  const { times, memory } = result;
  return {
    text: bytes.toString(),
    bareMemory: memory,
    loaded: await service.memory(),
    figure: {
      value: median(times.platform) / amount.count,
      reference: median(times.bare) / amount.count,
      unit: /** @type {const} */ ('ms'),
    },
  };
}

/** V8 tidies up what is left of a start once nothing has happened for eight seconds. */
const idleMs = 12_000;

/** Memory of a platform that was started as `skaha platform start` does, and left alone. */
const idleMemory = () =>
  withFolder(async (folder) => {
    const data = join(folder, 'state');
    await startDetached({ data, port: 0 });
    try {
      await pause(idleMs);
      return (await describePlatform(data))?.memory ?? Number.NaN;
    } finally {
      await stopPlatform({ data });
    }
  });

/**
 * What the local platform needs, and how soon it answers.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function platform({ quick }) {
  const alone = await idleMemory();
  return await withPlatform(async (service, described) => {
    await pause(2_000);
    const idle = await service.memory();
    const rounds = quick ? 3 : 7;
    const session = '/skaha/v1/session';
    const create = await compared(
      service,
      described,
      { path: session, method: 'POST', body: form },
      { count: quick ? 64 : 128, rounds },
    );
    const read = await compared(
      service,
      described,
      { path: `${session}/${create.text.trim()}` },
      { count: quick ? 200 : 1000, rounds },
    );
    const server = 'a node:https server that gives the same bytes';
    const megabytes = { reference: read.bareMemory.now / 1e6, unit: /** @type {const} */ ('MB') };
    return [
      { name: 'a create, platform', against: server, ...create.figure },
      { name: 'a description, platform', against: server, ...read.figure },
      {
        name: 'memory of the idle platform',
        against: 'that server',
        ...megabytes,
        value: idle.now / 1e6,
      },
      {
        name: 'memory of the idle platform, by itself',
        against: '70 MB',
        unit: 'MB',
        value: alone / 1e6,
        reference: 70,
      },
      {
        name: 'memory of the platform at work',
        against: 'that server',
        ...megabytes,
        value: read.loaded.most / 1e6,
      },
    ];
  });
}

/**
 * How soon the local platform works off a full queue.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function queue({ quick }) {
  const jobs = quick ? 60 : 500;
  const { throughput, perSecond, failed } = await measureQueue({ jobs });
  if (failed > 0) throw new Error(`${failed} sessions of the queue failed`);
  const each = 1000 / perSecond;
  return [
    {
      name: 'a session of a full queue',
      against: 'spawning its command, two at a time',
      value: each,
      reference: each * throughput,
      unit: 'ms',
    },
  ];
}
