// @ts-check
import { join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';
import { command, localEnvironment } from '../lib/local-context.mjs';
import { inTurns } from '../lib/numbers.mjs';
import { ended, plainEnvironment, withFolder, withPlatform } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const library = join(root, 'packages/client/dist/index.js');
const against = 'an empty Node program';

/**
 * Starting the command, a call from start to end, and loading the library.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const start = ({ quick, python }) =>
  withPlatform((_, platform) =>
    withFolder(async (home) => {
      const env = { ...plainEnvironment(), HOME: home, XDG_CACHE_HOME: join(home, '.cache') };
      const ours = localEnvironment(home, platform);
      /** @param {readonly string[]} words */
      const node = (words) => () => ended(process.execPath, words, ours);
      const programs = {
        'skaha --version': node([command, '--version']),
        'skaha --help': node([command, '--help']),
        'skaha ps': node([command, 'ps']),
        'import of the library': node([
          '--input-type=module',
          '-e',
          `import ${JSON.stringify(library)}`,
        ]),
      };
      const empty = node(['-e', '0']);
      // The first run keeps what V8 compiled.
      for (const work of Object.values(programs)) await work();
      const known = await python?.starts({ env, home, platform });
      // Its programs take so long that more rounds would say nothing more.
      const rounds = quick ? 7 : known === undefined ? 21 : 11;
      const times = await inTurns(rounds, { empty, ...programs, ...known });
      return Object.keys(programs).map((name) => ({
        name,
        against,
        unit: /** @type {const} */ ('ms'),
        value: times[name] ?? Number.NaN,
        reference: times['empty'] ?? Number.NaN,
        ...(times[`Python: ${name}`] === undefined ? {} : { python: times[`Python: ${name}`] }),
      }));
    }),
  );
