// @ts-check
import { median } from '../lib/numbers.mjs';
import { answered, withPlatform, withService } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const count = 512;
const concurrency = 32;
const delayMs = 50;

/**
 * Many requests at once: to a server that takes the same time for each, and to the local platform.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function creates({ quick, python }) {
  const { times, known } = await withService('server', { delayMs }, async (_, port) => {
    const input = { url: `http://127.0.0.1:${port}/skaha`, count, concurrency };
    /** @type {Record<string, number>[]} */
    const runs = [];
    for (let run = 0; run < (quick ? 1 : 5); run += 1) runs.push(await answered('launches', input));
    /** @param {string} name */
    const middle = (name) => median(runs.map((run) => run[name] ?? Number.NaN));
    return {
      times: { create: middle('create'), info: middle('info'), batch: middle('batch') },
      known: await python?.creates(input),
    };
  });
  const base = {
    against: `${count / concurrency} rounds of ${delayMs} ms`,
    reference: (count / concurrency) * delayMs,
    unit: /** @type {const} */ ('ms'),
  };
  return [
    {
      ...{ name: `${count} creates`, ...base, value: times.create },
      ...(known === undefined ? {} : { python: known.create }),
    },
    {
      ...{ name: `${count} descriptions`, ...base, value: times.info },
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
