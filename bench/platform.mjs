// @ts-check
// A full queue on the local platform: order, fairness, throughput, and what the platform needs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SkahaClient } from 'skaha';
import { startDetached, stopPlatform } from 'skaha-platform';

/**
 * @typedef {object} QueueOptions
 * @property {number} [jobs] sessions of all users together
 * @property {number} [cores] cores of the platform, each session takes one
 * @property {readonly string[]} [command] what each session runs
 * @property {'process' | 'sandbox'} [runner]
 */

/**
 * @typedef {object} QueueResult
 * @property {number} throughput sessions in a second, as a share of what the same commands reach
 *   when a program spawns them with the same concurrency
 * @property {number} perSecond sessions in a second
 * @property {number} fairness the smallest share of a user in the first half of the sessions that
 *   started, as a share of an even one
 * @property {number} disorder sessions of one user that started before an earlier one of that user
 * @property {number} idleMegabytes memory of the idle platform, before the queue
 * @property {number} afterMegabytes memory when all was over
 * @property {number} failed sessions that did not end with status 0
 */

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
const ended = (command, args, env) =>
  new Promise((resolve, reject) => {
    spawn(command, args, { env, stdio: 'ignore' }).on('error', reject).on('exit', resolve);
  });

/**
 * Runs commands one after another, some at a time, as a program would by hand.
 *
 * @param {readonly string[]} command
 * @param {number} count
 * @param {number} atOnce
 * @returns {Promise<number>} milliseconds
 */
async function byHand([program = '', ...args], count, atOnce) {
  const started = performance.now();
  let left = count;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await ended(program, args, process.env);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return performance.now() - started;
}

/** Memory of a process in MB, where the system tells. @param {number} pid */
function megabytesOf(pid) {
  try {
    const kibibytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return Number.NaN;
  }
}

const users = ['ada', 'bea', 'cleo'];

/**
 * What a platform's log says about its sessions.
 *
 * @param {string} path
 * @param {string} wanted
 */
function eventsIn(path, wanted) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === wanted)
    .map(({ timestamp, message, exit }) => ({
      at: Date.parse(timestamp),
      name: /^session (\S+ \S+)/.exec(message)?.[1] ?? '',
      exit,
    }));
}

/**
 * Whether users had their turns, and each user's sessions their order.
 *
 * @param {readonly { name: string }[]} created
 * @param {readonly { name: string }[]} begun
 */
function orderOf(created, begun) {
  const places = new Map(created.map(({ name }, index) => [name, index]));
  const half = begun.slice(0, Math.floor(begun.length / 2));
  const parts = users.map((user) => half.filter(({ name }) => name.startsWith(`job-${user}`)));
  const even = half.length / users.length;
  let disorder = 0;
  for (const user of users) {
    const numbers = begun
      .filter(({ name }) => name.startsWith(`job-${user}`))
      .map(({ name }) => places.get(name) ?? Number.NaN);
    disorder += numbers.filter((number, index) => number < (numbers[index - 1] ?? 0)).length;
  }
  return { fairness: Math.min(...parts.map(({ length }) => length)) / even, disorder };
}

/**
 * Puts the jobs of three users into the queue, the first user's first, behind a session that takes
 * all cores until `go` is called.
 *
 * @param {string} root data directory
 * @param {{ url: string, ca: string }} platform
 * @param {Required<QueueOptions>} options
 */
async function fillQueue(root, { url, ca }, { jobs, cores, command, runner }) {
  const home = join(root, 'arc/home/ada');
  const script = join(runner === 'sandbox' ? '/arc/home/ada' : home, 'gate.sh');
  writeFileSync(join(home, 'gate.sh'), 'while [ ! -e go ]; do sleep 0.02; done\n');
  const [cmd = '', ...args] = command;
  const share = Math.floor(jobs / users.length);
  for (const [index, user] of users.entries()) {
    const token = readFileSync(join(root, 'private/users', `${user}.token`), 'utf8').trim();
    const skaha = new SkahaClient({ url, ca, token });
    const image = 'skaha/terminal:1.1.2';
    if (index === 0) {
      const gate = { name: 'gate', image, cmd: 'sh', args: [script], cores, memoryGiB: 1 };
      await skaha.sessions.create(gate);
    }
    const replicas = index === 0 ? jobs - share * (users.length - 1) : share;
    const job = { name: `job-${user}`, image, cmd, args, cores: 1, memoryGiB: 1, replicas };
    await skaha.sessions.create(job);
    await skaha.close();
  }
  return { go: () => writeFileSync(join(home, 'go'), '') };
}

/**
 * Lets a platform work off a full queue of three users.
 *
 * @param {QueueOptions} [options]
 * @returns {Promise<QueueResult>}
 */
export async function measureQueue({
  jobs = 500,
  cores = 2,
  command = ['sleep', '0.2'],
  runner = 'process',
} = {}) {
  const data = mkdtempSync(join(tmpdir(), 'skaha-queue-'));
  const config = join(data, 'platform.yaml');
  const others = users.slice(1).map((name) => `{ name: ${name} }`);
  const capacity = `{ cores: ${cores}, memoryGiB: 64 }`;
  writeFileSync(config, `capacity: ${capacity}\nrunner: ${runner}\nusers: [${others}]\n`);
  const root = join(data, 'state');
  const platform = await startDetached({ data: root, port: 0, user: users[0], config });
  try {
    await pause(3_000);
    const idleMegabytes = megabytesOf(platform.pid);
    const { go } = await fillQueue(root, platform, { jobs, cores, command, runner });
    // By hand once before and once after, so that what else the machine does meets both.
    const half = jobs >> 1;
    const before = await byHand(command, half, cores);
    go();
    const log = join(root, 'platform.log');
    while (eventsIn(log, 'exited').length <= jobs) await pause(500);
    const ends = eventsIn(log, 'exited');
    const alone = before + (await byHand(command, jobs - half, cores));
    // The session at the gate was the first to end.
    const took = (ends.at(-1)?.at ?? 0) - (ends[0]?.at ?? 0);
    return {
      ...orderOf(eventsIn(log, 'created'), eventsIn(log, 'admitted').slice(1)),
      failed: ends.filter(({ exit }) => exit !== 0).length,
      throughput: alone / took,
      perSecond: (jobs * 1000) / took,
      idleMegabytes,
      afterMegabytes: megabytesOf(platform.pid),
    };
  } finally {
    await stopPlatform({ data: root });
    rmSync(data, { recursive: true, force: true });
  }
}
