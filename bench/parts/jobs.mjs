// @ts-check
// Very short jobs, two at a time, beside what others need for the same.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxWords } from '@skaha/platform-local/sandbox/arguments.js';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { homesHere, ownPrograms, whatIsShown } from '@skaha/platform-local/sandbox/shown.js';
import { growth } from '../lib/growth.mjs';
import { HyperQueue } from '../lib/hyperqueue.mjs';
import { command, localEnvironment } from '../lib/local-context.mjs';
import { inTurns, median } from '../lib/numbers.mjs';
import { ended, withFolder, withService } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const atOnce = 2;

/**
 * The line with which the platform makes the sandbox of a session, for a program without the starter.
 *
 * @param {string} folder - where the session would have its files
 * @returns {Promise<string[] | undefined>} undefined where there can be no sandboxes
 */
async function sandboxLine(folder) {
  const found = await probeSandbox();
  if ('obstacle' in found) return void skipped(`the sandbox: ${found.obstacle}`);
  const place = (/** @type {string} */ name) => join(folder, name);
  for (const name of ['home', 'names', 'scratch', 'temporary']) mkdirSync(place(name));
  for (const name of ['passwd', 'group', 'starter']) writeFileSync(place(name), '');
  const shown = whatIsShown([folder, ...homesHere()]);
  const words = sandboxWords({
    run: {
      .../** @type {any} */ ({ key: 'bench', user: 'bench', uid: 61_000, network: 'none' }),
      home: place('home'),
      mounts: [],
    },
    ...{ passwd: place('passwd'), group: place('group'), starter: place('starter') },
    names: place('names'),
    ...{ scratch: place('scratch'), temporary: place('temporary'), page: undefined, shown },
    ...{ hosts: undefined, nameServers: [], alone: true },
    programs: await ownPrograms(shown, found.tools),
    tools: found.tools,
  });
  return [...words.slice(0, -2), 'true'];
}

/** @param {string} program */
const isThere = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** @param {string} text */
const skipped = (text) => void process.stderr.write(`skipped: ${text}\n`);

/**
 * Milliseconds for a number of jobs on the platform, from the command to the end of the last, and
 * what the platform itself needed of the processor for each.
 *
 * @param {string} place - where its files stay until all is measured: for some seconds, whoever makes
 *   a file on ext4 pays for those that were removed
 * @param {number} jobs
 * @param {'process' | 'sandbox'} runner
 */
function onPlatform(place, jobs, runner) {
  const folder = mkdtempSync(join(place, `${runner}-`));
  return withService(
    'site',
    { data: join(folder, 'state'), runner, cores: atOnce },
    async (site, at) => {
      const home = join(folder, 'home');
      mkdirSync(home);
      const env = localEnvironment(home, at);
      // What the platform offers is in the configuration, as `skaha platform start` leaves it.
      await ended(process.execPath, [command, 'limits'], env);
      const before = await site.ask();
      const began = performance.now();
      const words = ['create', '--array', `0-${jobs - 1}`, '-c', '1', '-m', '1', '--wait'];
      const job = ['headless', 'skaha/terminal:1.1.2', '--', 'true'];
      await ended(process.execPath, [command, ...words, ...job], env);
      const ms = performance.now() - began;
      const after = await site.ask();
      return { ms, cpu: (after.cpu - before.cpu) / jobs };
    },
  );
}

/** @param {string} file @param {readonly string[]} words @param {string} input */
function timeOf(file, words, input) {
  const began = performance.now();
  const { status } = spawnSync(file, words, { input, stdio: ['pipe', 'ignore', 'ignore'] });
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  return performance.now() - began;
}

/** @param {number} jobs */
const numbers = (jobs) => Array.from({ length: jobs }, (_, index) => `${index}\n`).join('');

/** @param {number} jobs @param {readonly string[]} words */
const withXargs = (jobs, words) => {
  // What makes the sandbox reports through the fourth stream.
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const one = ['sh', '-c', `exec ${quoted} 4>/dev/null`, 'sh'];
  return timeOf('xargs', ['-P', String(atOnce), '-n', '1', ...one], numbers(jobs));
};

/**
 * Through a queue of its own.
 *
 * @param {string} folder
 * @param {number} jobs
 */
function withSpooler(folder, jobs) {
  const env = { ...process.env, TS_SOCKET: join(folder, 'spooler'), TS_SLOTS: String(atOnce) };
  const script = 'i=0; while [ $i -lt "$1" ]; do tsp -n true; i=$((i+1)); done; tsp -w; tsp -K';
  const began = performance.now();
  spawnSync('sh', ['-c', script, 'sh', String(jobs)], { env, stdio: 'ignore' });
  return performance.now() - began;
}

/**
 * `create --attach -- true` from start to end.
 *
 * @param {number} rounds
 * @returns {Promise<Figure>}
 */
const attached = (rounds) =>
  withFolder((folder) =>
    withService('site', { data: join(folder, 'state') }, async (_, at) => {
      const env = localEnvironment(folder, at);
      const job = ['headless', 'skaha/terminal:1.1.2', '--', 'true'];
      const ours = () => ended(process.execPath, [command, 'create', '--attach', ...job], env);
      await ours();
      const times = await inTurns(rounds, {
        ours,
        empty: () => ended(process.execPath, ['-e', '0'], env),
      });
      return {
        ...{ name: 'skaha create --attach -- true', against: 'an empty Node program', unit: 'ms' },
        ...{ value: times['ours'] ?? Number.NaN, reference: times['empty'] ?? Number.NaN },
      };
    }),
  );

/**
 * Medians of what each way needs for a number of jobs of `true`, in turns.
 *
 * @param {number} rounds
 * @param {Readonly<Record<string, () => number | Promise<number>>>} ways - each gives milliseconds
 * @returns {Promise<Record<string, number>>}
 */
async function medians(rounds, ways) {
  /** @type {Record<string, number[]>} */
  const taken = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) taken[name]?.push(await way());
  }
  return Object.fromEntries(Object.entries(taken).map(([name, ms]) => [name, median(ms)]));
}

/** @typedef {{ folder: string, count: number, rounds: number, costs: [number, number][] }} Jobs */

/**
 * Processes beside others that start processes.
 *
 * @param {Jobs} jobs - gets what the platform itself needed of the processor
 * @param {HyperQueue | undefined} queue
 * @returns {Promise<Figure[]>}
 */
async function asProcesses({ folder, count, rounds, costs }, queue) {
  /** @type {number[]} */
  const own = [];
  const ours = async () => {
    const { ms, cpu } = await onPlatform(folder, count, 'process');
    own.push(cpu);
    return ms;
  };
  const joblog = join(folder, 'joblog');
  const words = ['-j', String(atOnce), '--joblog', joblog, 'true #'];
  const peers = {
    ...(queue !== undefined && { HyperQueue: () => queue.run(count, atOnce) }),
    ...(isThere('parallel') && {
      'GNU parallel': () => timeOf('parallel', words, numbers(count)),
    }),
    ...(isThere('tsp') && { 'task-spooler': () => withSpooler(folder, count) }),
  };
  for (const name of ['GNU parallel', 'task-spooler']) {
    if (!Object.hasOwn(peers, name)) skipped(`${name} is not on the PATH`);
  }
  const { ours: value = Number.NaN, ...others } = await medians(rounds, { ours, ...peers });
  costs.push([count, median(own) * count]);
  return Object.entries(others).map(([name, reference]) => ({
    name: `${count.toLocaleString('en')} × true, process, beside ${name}`,
    against: name,
    unit: 'ms',
    value,
    reference,
  }));
}

/**
 * Sandboxes beside `xargs` with the same line that makes one.
 *
 * @param {Jobs} jobs
 * @returns {Promise<Figure[]>} none where there can be no sandboxes
 */
async function inSandboxes({ folder, count, rounds }) {
  const words = await sandboxLine(mkdtempSync(join(folder, 'sandbox-')));
  if (words === undefined) return [];
  const { ours = Number.NaN, xargs = Number.NaN } = await medians(rounds, {
    ours: async () => (await onPlatform(folder, count, 'sandbox')).ms,
    xargs: () => withXargs(count, words),
  });
  const name = `${count.toLocaleString('en')} × true, sandbox`;
  const against = 'xargs with the same bwrap line';
  return [{ name, against, unit: 'ms', value: ours, reference: xargs }];
}

/**
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const jobs = ({ quick }) =>
  withFolder(async (folder) => {
    const queue = HyperQueue.install(folder, skipped);
    /** @type {[number, number][]} */
    const costs = [];
    const few = await onPlatform(folder, 100, 'process');
    costs.push([100, few.cpu * 100]);
    /** @type {Figure[]} */
    const figures = [];
    for (const count of quick ? [500] : [500, 2_000]) {
      const jobs = { folder, count, rounds: quick ? 1 : 3, costs };
      figures.push(...(await asProcesses(jobs, queue)), ...(await inSandboxes(jobs)));
    }
    const [, cost = Number.NaN] = costs.find(([count]) => count === 500) ?? [];
    figures.push({
      name: 'a session of true, platform alone',
      against: '5 ms',
      unit: 'ms of CPU',
      value: cost / 500,
      reference: 5,
    });
    return [...figures, growth('sessions of true', costs), await attached(quick ? 5 : 15)];
  });
