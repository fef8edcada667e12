// @ts-check
import { median } from '../lib/numbers.mjs';
import { answered, withService } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */
/** @typedef {{ms: number, cpu: number, most: number}} Cost */

const logBytes = 100 * 2 ** 20;

/**
 * A long list of sessions, from the request to checked objects.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const list = ({ quick, python }) =>
  withService('server', { sessions: 10_000 }, async (_, port) => {
    const origin = `http://127.0.0.1:${port}`;
    const rounds = quick ? 7 : 31;
    /** @type {{parse: Cost[], check: Cost[], fetch: Cost[]}} */
    const { parse, check, fetch } = await answered('list', { origin, rounds });
    const known = await python?.list({ url: `${origin}/skaha`, rounds: quick ? 3 : 7 });
    const base = {
      against: 'JSON.parse of the reply',
      reference: median(parse.map(({ cpu }) => cpu)),
      unit: /** @type {const} */ ('ms of CPU'),
    };
    return [
      {
        name: '10,000 sessions, parsed and checked',
        ...base,
        value: median(check.map(({ cpu }) => cpu)),
      },
      {
        name: '10,000 sessions, listed',
        ...base,
        value: median(fetch.map(({ cpu }) => cpu)),
        ...(known === undefined ? {} : { python: known }),
      },
    ];
  });

/**
 * A program's costs with the library and without it, in turns.
 *
 * @param {string} name
 * @param {object} input
 * @param {number} rounds
 */
async function both(name, input, rounds) {
  /** @type {{ours: Cost[], bare: Cost[]}} */
  const costs = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round += 1) {
    costs.bare.push(await answered(name, { ...input, raw: true }));
    costs.ours.push(await answered(name, { ...input, raw: false }));
  }
  return {
    cpu: {
      value: median(costs.ours.map(({ cpu }) => cpu)),
      reference: median(costs.bare.map(({ cpu }) => cpu)),
      unit: /** @type {const} */ ('ms of CPU'),
    },
    memory: {
      value: median(costs.ours.map(({ most }) => most)) / 1e6,
      reference: median(costs.bare.map(({ most }) => most)) / 1e6,
      unit: /** @type {const} */ ('MB'),
    },
  };
}

/**
 * A long log, line by line.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const follow = ({ quick }) =>
  withService('server', { logBytes }, async (_, port) => {
    const input = { origin: `http://127.0.0.1:${port}`, bytes: logBytes };
    const { cpu, memory } = await both('follow', input, quick ? 1 : 5);
    const against = 'reading its bytes';
    return [
      { name: 'follow of a log of 100 MiB', against, ...cpu },
      { name: 'memory of that', against, ...memory },
    ];
  });

/**
 * Watching many sessions.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const watch = ({ quick }) =>
  withService('server', { sessions: 1_000 }, async (_, port) => {
    const input = { origin: `http://127.0.0.1:${port}`, looks: quick ? 30 : 200 };
    const { memory } = await both('watch', input, quick ? 1 : 3);
    return [
      {
        name: 'memory of watching 1,000 sessions',
        against: 'asking and parsing alone',
        ...memory,
      },
    ];
  });
