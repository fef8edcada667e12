// @ts-check
// What a platform takes that knows very many sessions.
import { join } from 'node:path';
import { growth } from '../lib/growth.mjs';
import { median } from '../lib/numbers.mjs';
import { answered, withFolder, withService } from '../lib/programs.mjs';
import { BareClient } from '../programs/bare-client.mjs';
import { costOf } from '../programs/cost.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const user = 'bench';
const path = '/skaha/v1/session';
const form =
  'name=bench&image=images.canfar.net%2Fskaha%2Fterminal%3A1.1.2&type=headless&cmd=true&cores=1&ram=1';
const lists = 200;

/**
 * @typedef {object} Known
 * @property {number} createCpu milliseconds of the processor for each create
 * @property {number} listCpu milliseconds of the processor for each list after a change
 * @property {number} same milliseconds of the processor for each list that did not change
 * @property {number} stringify milliseconds of the processor for `JSON.stringify` of that list
 * @property {number} few milliseconds of the processor for each list of the first fifty
 * @property {number} startMs
 * @property {number} idle memory before many lists at once, in bytes
 * @property {number} most memory with them
 */

/**
 * A platform with so many sessions that ended.
 *
 * @param {number} count
 * @param {{quick: boolean, withLists?: boolean}} how
 * @returns {Promise<Known>}
 */
const known = (count, { quick, withLists = false }) =>
  withFolder(async (folder) => {
    const data = join(folder, 'state');
    await answered('seed', { data, count, user });
    return await withService('site', { data, user, isHeld: true }, async (site, described) => {
      const { url, token, startMs } = described;
      const headers = { authorization: `Bearer ${token}` };
      const post = {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: form,
      };
      const client = new BareClient(new URL(url).origin, 16);
      /** @param {() => Promise<unknown>} work */
      const cpuOf = async (work) => {
        const before = await site.ask();
        await work();
        return (await site.ask()).cpu - before.cpu;
      };
      await client.sendMany(64, path, post);
      const creates = quick ? 128 : 320;
      const createCpu = (await cpuOf(() => client.sendMany(creates, path, post))) / creates;
      const { bytes } = await client.send(path, { headers });
      const rounds = quick ? 3 : 9;
      const [changed, same, stringify] = [[], [], []].map(() => /** @type {number[]} */ ([]));
      const sessions = JSON.parse(bytes.toString());
      for (let round = 0; round < rounds; round += 1) {
        await client.send(path, post);
        changed?.push(await cpuOf(() => client.send(path, { headers })));
        same?.push(await cpuOf(() => client.send(path, { headers })));
        stringify?.push((await costOf(() => JSON.stringify(sessions, null, 2))).cpu);
      }
      const looks = quick ? 32 : 96;
      const few =
        (await cpuOf(() => client.sendMany(looks, `${path}?limit=50`, { headers }))) / looks;
      client.close();
      const { now: idle } = await site.ask();
      if (withLists) {
        const crowd = new BareClient(new URL(url).origin, lists);
        await crowd.sendMany(lists, path, { headers });
        crowd.close();
      }
      const { most } = await site.ask();
      return {
        createCpu,
        few,
        startMs,
        idle,
        most,
        listCpu: median(changed ?? []),
        same: median(same ?? []),
        stringify: median(stringify ?? []),
      };
    });
  });

const mebibyte = 2 ** 20;
const cpu = /** @type {const} */ ({ unit: 'ms of CPU' });

/**
 * @param {Known} ten - what was measured with 10,000 sessions
 * @param {Known} thousand - and with 1,000
 * @returns {Figure[]}
 */
const atTenThousand = (ten, thousand) => [
  {
    name: 'a create at 10,000 sessions',
    against: 'the same at 1,000',
    ...cpu,
    value: ten.createCpu,
    reference: thousand.createCpu,
  },
  {
    name: 'a list of 10,000, one changed',
    against: 'JSON.stringify of it',
    ...cpu,
    value: ten.listCpu,
    reference: ten.stringify,
  },
  {
    name: 'a list of 10,000, unchanged',
    against: 'JSON.stringify of it',
    ...cpu,
    value: ten.same,
    reference: ten.stringify,
  },
  {
    name: `memory of ${lists} lists of 10,000 at once`,
    against: 'before them',
    unit: 'MB',
    value: ten.most / mebibyte,
    reference: ten.idle / mebibyte,
  },
];

/**
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function many({ quick }) {
  const sizes = [100, 1_000, 10_000];
  /** @type {Map<number, Known>} */
  const found = new Map();
  for (const size of sizes)
    found.set(size, await known(size, { quick, withLists: size === 10_000 }));
  const huge = quick ? 30_000 : 100_000;
  found.set(huge, await known(huge, { quick }));
  const half = quick ? 15_000 : 50_000;
  const [empty, full] = [await known(0, { quick }), await known(half, { quick })];
  const at = (/** @type {number} */ size) => /** @type {Known} */ (found.get(size));
  /** @param {(one: Known) => number} measure @param {readonly number[]} of */
  const points = (measure, of) =>
    of.map((size) => /** @type {const} */ ([size, measure(at(size))]));
  const all = [...sizes, huge];
  return [
    ...atTenThousand(at(10_000), at(1_000)),
    {
      name: `a start with ${half.toLocaleString('en')} that ended`,
      unit: 'ms',
      against: 'one with none',
      value: full.startMs,
      reference: empty.startMs,
    },
    {
      name: `a create at ${huge.toLocaleString('en')} in the store`,
      ...cpu,
      against: 'the same at 1,000',
      value: at(huge).createCpu,
      reference: at(1_000).createCpu,
    },
    {
      name: `the first 50 of ${huge.toLocaleString('en')}`,
      ...cpu,
      against: 'the first 50 of 1,000',
      value: at(huge).few,
      reference: at(1_000).few,
    },
    growth(
      'creates',
      points((one) => one.createCpu, all).map(([size, each]) => [size, size * each]),
    ),
    growth(
      'the first 50',
      points((one) => one.few, all),
    ),
    growth(
      'a start',
      points((one) => one.startMs, all),
    ),
    growth(
      'a list',
      points((one) => one.listCpu, sizes),
    ),
  ];
}
