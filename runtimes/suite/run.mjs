// @ts-check
import { cases } from './cases.mjs';

/** @typedef {import('./cases.mjs').Lab} Lab */

/**
 * Runs every case and tells how each ended; one that fails does not stop the others.
 *
 * @param {Lab} lab
 * @returns {Promise<{group: string, name: string, error?: string, skipped?: string}[]>}
 */
export async function runCases(lab) {
  const results = [];
  for (const { group, name, notInBrowsers, run } of cases) {
    if (lab.isBrowser && notInBrowsers !== undefined) {
      results.push({ group, name, skipped: notInBrowsers });
      continue;
    }
    /** @type {import('skaha').SkahaClient[]} */
    const clients = [];
    /** @param {import('skaha').SkahaClientOptions} [options] */
    const connect = (options) => {
      const client = lab.connect(options);
      clients.push(client);
      return client;
    };
    try {
      await run({ ...lab, connect });
      results.push({ group, name });
    } catch (error) {
      const { message, stack, code, hint } = /** @type {any} */ (error);
      results.push({
        group,
        name,
        error: [code, message, hint, stack].filter(Boolean).join('\n'),
      });
    } finally {
      await lab.fault();
      for (const client of clients) await client.close();
    }
  }
  return results;
}
