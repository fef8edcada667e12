// @ts-check
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePlatform, startDetached, startPlatform } from 'skaha-platform';

/**
 * A Science Platform on this machine, and how to leave it when the work is done.
 *
 * @typedef {object} OpenPlatform
 * @property {string} url
 * @property {string} ca - path of the certificate authority to trust
 * @property {string} token
 * @property {string} user
 * @property {string} home - the user's home folder on the platform
 * @property {string} origin - how it came to run, in a few words
 * @property {() => Promise<void>} leave
 */

/**
 * Takes the platform that already runs, or starts one in a folder of its own, of which nothing stays.
 *
 * @param {{keep: boolean, runner: string | undefined, image: string, signal: AbortSignal}} options -
 *   keep: a platform started here goes on, and is the one that `skaha platform` knows; runner: a
 *   platform that has another is left alone; image: one that a platform started here offers
 * @returns {Promise<OpenPlatform>}
 */
export async function openPlatform({ keep, runner, image, signal }) {
  const running = await describePlatform();
  if (running !== undefined && (runner === undefined || runner === running.runner.name)) {
    return { ...running, origin: 'already running', leave: async () => undefined };
  }
  if (keep) {
    const detached = await startDetached({ runner, signal });
    const leave = async () => {
      process.stderr.write('The platform keeps running. Stop it with: npx skaha platform stop\n');
    };
    return { ...detached, origin: 'started, and kept running', leave };
  }
  const config = { images: [{ id: image, types: ['headless'], command: ['node'] }] };
  const data = await mkdtemp(join(tmpdir(), 'skaha-stars-'));
  // What was being copied when a fault ended the run may still come.
  const discard = () => rm(data, { recursive: true, force: true, maxRetries: 10 });
  const platform = await startPlatform({ data, port: 0, runner, config, signal }).catch(
    async (error) => {
      await discard();
      throw error;
    },
  );
  const { url, ca, token, user, home } = platform;
  const leave = async () => {
    await platform.stop({ sessions: 'end' });
    await discard();
  };
  return { url, ca, token, user, home, origin: 'started for this run', leave };
}
