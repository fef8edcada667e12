// @ts-check
import { median } from '../lib/numbers.mjs';
import { answered, withPlatform, withService } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const count = 512;
const concurrency = 32;
const delayMs = 50;

/** @param {number} port */
const inputFor = (port) => ({ url: `http://127.0.0.1:${port}/skaha`, count, concurrency });

/**
 * The middle of some runs against a server that takes the same time for each request.
 *
 * @param {boolean} quick
 * @param {{delayMs: number, takesKeys?: boolean}} server - whether it finds launches by their keys
 */
const onServer = (quick, server) =>
  withService('server', server, async (_, port) => {
    /** @type {Record<string, number>[]} */
    const runs = [];
    for (let run = 0; run < (quick ? 1 : 5); run += 1)
      runs.push(await answered('launches', inputFor(port)));
    /** @param {string} name */
    const middle = (name) => median(runs.map((run) => run[name] ?? Number.NaN));
    return { create: middle('create'), info: middle('info'), batch: middle('batch') };
  });

/**
 * Many requests at once: to a server that takes the same time for each, and to the local platform.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function creates({ quick, python }) {
  const withKeys = await onServer(quick, { delayMs, takesKeys: true });
  const times = await onServer(quick, { delayMs });
  const known = await withService('server', { delayMs }, (_, port) =>
    Promise.resolve(python?.creates(inputFor(port))),
  );
  const base = {
    against: `${count / concurrency} rounds of ${delayMs} ms`,
    reference: (count / concurrency) * delayMs,
    unit: /** @type {const} */ ('ms'),
  };
  return [
    {
      name: `${count} creates`,
      ...base,
      value: withKeys.create,
      ...(known === undefined ? {} : { python: known.create }),
    },
    { name: `${count} creates after a list`, ...base, value: times.create },
    {
      name: `${count} descriptions`,
      ...base,
      value: times.info,
      ...(known === undefined ? {} : { python: known.info }),
    },
    { name: `a batch of ${count}`, ...base, value: times.batch },
    await onPlatform(quick),
  ];
}

/**
 * @param {boolean} quick
 * @returns {Promise<Figure>}
 */
async function onPlatform(quick) {
  const { library, bare } = await withPlatform((_, { url, ca, token }) =>
    answered('platform-launches', { url, ca, token, count, concurrency, rounds: quick ? 2 : 4 }),
  );
  return {
    name: `${count} creates on the platform`,
    against: 'the same requests by node:https',
    value: median(library),
    reference: median(bare),
    unit: 'ms',
  };
}
