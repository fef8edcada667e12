// @ts-check
// What the command itself takes when there is very much: jobs to launch, a log to follow.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { growth } from '../lib/growth.mjs';
import { command, localEnvironment } from '../lib/local-context.mjs';
import { answered, ended, plainEnvironment, withFolder, withService } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */
/** @typedef {{cpu: number, most: number}} Usage */

const watcher = fileURLToPath(new URL('../programs/usage.cjs', import.meta.url));
const gibibyte = 2 ** 30;

/**
 * Runs the command and tells what it took of the processor, in milliseconds, and its most memory.
 *
 * @param {string} folder
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Usage>}
 */
async function usageOf(folder, words, env) {
  const file = join(folder, 'usage.json');
  const child = spawn(process.execPath, ['--require', watcher, command, ...words], {
    env: { ...env, BENCH_USAGE: file },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-2_000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`skaha ${words.join(' ')} ended with ${code}\n${complaint}`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * Launches a batch, without waiting for its end, on a server that does nothing but answer.
 *
 * @param {number} count
 * @returns {Promise<Usage>}
 */
const launched = (count) =>
  withFolder((folder) =>
    withService('server', {}, async (_, port) => {
      const rows = Array.from({ length: count }, (_, index) => `${index},f${index}.fits\n`);
      const table = join(folder, 'rows.csv');
      writeFileSync(table, `number,file\n${rows.join('')}`);
      const url = `http://127.0.0.1:${port}/skaha`;
      const places = { XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder };
      const [config, token] = [join(folder, 'config.yaml'), join(folder, 'token')];
      writeFileSync(token, 'bench\n', { mode: 0o600 });
      writeFileSync(
        config,
        `schema: skaha
version: 1
active: bench
contexts:
  bench:
    server: bench
    credential: bench
servers:
  bench:
    url: ${url}
    version: v1
    insecure: true
credentials:
  bench:
    mode: token
    path: ${token}
`,
        { mode: 0o600 },
      );
      const env = { ...plainEnvironment(), HOME: folder, ...places, SKAHA_CONFIG: config };
      const job = ['headless', 'images.canfar.net/skaha/terminal:1.1.2', '--', 'true'];
      return await usageOf(folder, ['create', '--params', table, '--name', 'bench', ...job], env);
    }),
  );

/**
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function batches({ quick }) {
  const counts = quick ? [100, 1_000, 3_000] : [100, 1_000, 10_000];
  /** @type {Map<number, Usage>} */
  const found = new Map();
  for (const count of counts) found.set(count, await launched(count));
  const at = (/** @type {number} */ count) => /** @type {Usage} */ (found.get(count));
  const [few = 0, some = 0, many = 0] = counts;
  const start = at(few).cpu;
  const each = (at(many).cpu - start) / (many - few);
  const name = `a batch of ${many.toLocaleString('en')}`;
  return [
    {
      name: `${name}, client, a job`,
      against: '2 ms',
      value: each,
      reference: 2,
      unit: 'ms of CPU',
    },
    {
      name: `${name}, memory of the client`,
      against: `that of one of ${some.toLocaleString('en')}`,
      value: at(many).most / 1e6,
      reference: at(some).most / 1e6,
      unit: 'MB',
    },
    growth(
      'batches, client',
      counts.slice(1).map((count) => [count, at(count).cpu - start]),
    ),
  ];
}

/**
 * A log of a session that has ended, followed by the command into nothing.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const logs = ({ quick }) =>
  withFolder((folder) =>
    withService('site', { data: join(folder, 'state') }, async (_, at) => {
      const home = join(folder, 'home');
      mkdirSync(home);
      const local = localEnvironment(home, at);
      // Over TLS, as from another machine.
      const far = { SKAHA_URL: at.url, SKAHA_TOKEN: at.token, SKAHA_CA: at.ca };
      const env = { ...local, ...far };
      const large = quick ? gibibyte / 8 : gibibyte;
      const line =
        'frame 000417 calibrated, residual 0.0417 arcsec, 1284 stars in the field of view';
      /** @param {number} bytes */
      const written = async (bytes) => {
        writeFileSync(join(at.home, 'log.sh'), `yes '${line}' | head -c "$1"\n`);
        const words = ['create', '--wait', '-o', 'name', 'headless', 'skaha/terminal:1.1.2', '--'];
        const job = ['sh', 'log.sh', String(bytes)];
        return (await ended(process.execPath, [command, ...words, ...job], local)).trim();
      };
      const big = await written(large);
      const ours = await usageOf(folder, ['logs', '-f', big], env);
      const { bytes, cpu, most } = await answered('cat', {
        ...at,
        url: `${new URL(at.url).origin}/skaha/v1/session/${big}?view=logs`,
      });
      if (bytes !== large) throw new Error(`${bytes} of ${large} bytes were read`);
      const size = quick ? 'logs -f of 128 MiB' : 'logs -f of 1 GiB';
      return [
        {
          name: size,
          against: 'reading it over the same TLS',
          value: ours.cpu,
          reference: cpu,
          unit: 'ms of CPU',
        },
        {
          name: `memory of ${size}`,
          against: 'reading it over the same TLS',
          unit: 'MB',
          value: ours.most / 1e6,
          reference: most / 1e6,
        },
      ];
    }),
  );
