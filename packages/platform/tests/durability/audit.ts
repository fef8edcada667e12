import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { describePlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import type { Platform, PlatformDescription } from '../../src/types.js';
import { events, exists, list, logs, post, send, terminal, until } from '../fixtures.js';

/** How long sessions are created and deleted, and on what. */
export interface AuditPlan {
  readonly data: string;
  readonly runner: 'process' | 'sandbox';
  readonly seconds: number;
}

/** What the audit found; `problems` is empty when nothing was lost. */
export interface AuditReport {
  readonly kills: number;
  readonly acknowledged: number;
  readonly deleted: number;
  /** Creates whose reply was lost, those of killed clients among them. */
  readonly unanswered: number;
  /** Clients that were killed in the middle of a request. */
  readonly clientKills: number;
  /** Sessions that were acknowledged and are gone, are there or ran twice, or that nobody knows. */
  readonly lost: number;
  readonly doubled: number;
  readonly orphaned: number;
  /** The most memory the platform had, in MiB. */
  readonly highestMiB: number;
  readonly problems: readonly string[];
}

type Described = Platform & PlatformDescription;

const job = `echo "start $N"
echo "$N" >> "$HOME/runs"
sleep 0.$((N % 7))
echo "end $N"
exit $((N % 5))
`;

/** How many launches one request has. */
const manyLaunches = 5;

const orderOf = (number: number) => ({
  key: `audit-${number}-launch`,
  form: [
    ...[
      ['name', `job-${number}`],
      ['image', terminal],
      ['cmd', 'sh'],
      ['args', 'job.sh'],
    ],
    ['env', `N=${number}`],
  ],
});

/** Most sessions that wait or run at a time. */
const mostOpen = 30;

/** Creates and deletes sessions while the platform is killed again and again. */
class Load {
  readonly #plan: AuditPlan;
  readonly acknowledged = new Map<number, string>();
  readonly unanswered = new Set<number>();
  readonly deleted = new Set<string>();
  /** Deletions whose reply was lost. */
  readonly perhapsDeleted = new Set<string>();
  platform: Described | undefined;
  kills = 0;
  clientKills = 0;
  highestMiB = 0;
  #number = 0;
  #isOver = false;

  constructor(plan: AuditPlan) {
    this.#plan = plan;
  }

  async run(): Promise<void> {
    await this.start();
    writeFileSync(join(this.#plan.data, 'arc/home/adastra/job.sh'), job);
    const work = [this.#create(), this.#create(), this.#createMany(), this.#delete()].concat([
      this.#killClients(),
      this.#crawl(),
      this.#measure(),
    ]);
    const endAt = performance.now() + this.#plan.seconds * 1000;
    // On a busy machine little may have happened by then.
    const isEnough = () =>
      performance.now() >= endAt && this.kills > 1 && this.acknowledged.size > 5;
    while (!isEnough()) {
      await pause(300 + Math.random() * 2_500);
      await this.#kill();
      await pause(Math.random() * 400);
      if (Math.random() < 0.4) await this.#startAndKill();
      await this.start();
    }
    this.#isOver = true;
    await Promise.all(work);
  }

  async start(): Promise<void> {
    const { data, runner } = this.#plan;
    const config = `${data}.yaml`;
    const lifetimes = 'lifetimes: { keepHeadlessSeconds: 86400, stopGraceMs: 300 }';
    writeFileSync(config, `capacity: { cores: 4, memoryGiB: 64 }\n${lifetimes}\n`);
    layKeys(data);
    const description = await startDetached({ data, config, runner, port: 0, user: 'adastra' });
    // The requests of the fixtures need no more than this of a platform.
    this.platform = description as unknown as Described;
  }

  async #kill(): Promise<void> {
    const pid = this.platform?.pid;
    if (pid === undefined) return;
    this.platform = undefined;
    process.kill(pid, 'SIGKILL');
    this.kills += 1;
    await until(() => !exists(pid));
  }

  /** Killed while it takes up what an earlier one left. */
  async #startAndKill(): Promise<void> {
    const starting = this.start().then(
      () => this.platform?.pid,
      () => undefined,
    );
    await pause(150 + Math.random() * 600);
    for (const pid of serversOf(this.#plan.data)) process.kill(pid, 'SIGKILL');
    this.kills += 1;
    const pid = await starting;
    this.platform = undefined;
    await until(
      () => serversOf(this.#plan.data).length === 0 && (pid === undefined || !exists(pid)),
    );
  }

  async #create(): Promise<void> {
    while (!this.#isOver) {
      const { platform } = this;
      if (platform === undefined || (await this.#isFull(platform))) {
        await pause(50);
        continue;
      }
      this.#number += 1;
      const number = this.#number;
      const fields = { name: `job-${number}`, cmd: 'sh', args: 'job.sh', env: `N=${number}` };
      try {
        const answer = await post(platform, fields);
        if (answer.status === 200) this.acknowledged.set(number, answer.body.trim());
        else this.unanswered.add(number);
      } catch {
        this.unanswered.add(number);
      }
    }
  }

  /** Several in one request, which is sent again as it was until somebody answers it. */
  async #createMany(): Promise<void> {
    while (!this.#isOver) {
      await pause(200);
      const { platform } = this;
      if (platform === undefined || (await this.#isFull(platform))) continue;
      const numbers = Array.from({ length: manyLaunches }, () => {
        this.#number += 1;
        return this.#number;
      });
      for (const number of numbers) this.unanswered.add(number);
      const body = JSON.stringify(numbers.map(orderOf));
      while (!this.#isOver && !(await this.#launched(numbers, body))) await pause(50);
    }
  }

  /** @returns whether the request was answered */
  async #launched(numbers: readonly number[], body: string): Promise<boolean> {
    if (this.platform === undefined) return false;
    const headers = { 'content-type': 'application/json' };
    try {
      const sending = { headers, body };
      const answer = await send(this.platform, 'POST', '/skaha/v1/launches', sending);
      if (answer.status !== 200) return false;
      const launches: { id?: string }[] = JSON.parse(answer.body);
      for (const [place, { id = '' }] of launches.entries()) {
        const number = numbers[place] ?? 0;
        this.unanswered.delete(number);
        this.acknowledged.set(number, id);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Clients that are killed while they wait for the answer to a create. */
  async #killClients(): Promise<void> {
    while (!this.#isOver) {
      await pause(200 + Math.random() * 600);
      const { platform } = this;
      if (platform === undefined || (await this.#isFull(platform))) continue;
      this.#number += 1;
      const number = this.#number;
      // Nobody hears the answer, whether there was one or not.
      this.unanswered.add(number);
      const words = [String(platform.port), platform.token, platform.ca, String(number)];
      const client = spawn(process.execPath, ['-e', clientProgram, ...words], { stdio: 'ignore' });
      await pause(Math.random() * 500);
      client.kill('SIGKILL');
      this.clientKills += 1;
    }
  }

  /** Clients that say nothing, or never come to an end, always some of each. */
  async #crawl(): Promise<void> {
    const open = new Set<Socket>();
    while (!this.#isOver) {
      const { platform } = this;
      if (platform !== undefined && open.size < mostSlow) {
        const socket = connect({
          port: platform.port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
        });
        open.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => open.delete(socket));
        socket.write(slowBeginnings[Math.floor(Math.random() * slowBeginnings.length)] ?? '');
      }
      await pause(20);
      for (const socket of open) if (Math.random() < 0.05) socket.write('x');
    }
    for (const socket of open) socket.destroy();
  }

  async #measure(): Promise<void> {
    while (!this.#isOver) {
      if (this.platform !== undefined) {
        this.highestMiB = Math.max(this.highestMiB, highestMiBOf(this.platform.pid));
      }
      await pause(250);
    }
  }

  async #isFull(platform: Described): Promise<boolean> {
    const open = await list(platform, '?view=all').catch(() => undefined);
    const waiting = open?.filter(({ status }) => status === 'Pending' || status === 'Running');
    return waiting === undefined || waiting.length >= mostOpen;
  }

  async #delete(): Promise<void> {
    while (!this.#isOver) {
      await pause(100 + Math.random() * 300);
      const { platform } = this;
      const ids = [...this.acknowledged.values()].filter((id) => !this.deleted.has(id));
      const id = ids[Math.floor(ids.length * (1 - Math.random() ** 3))];
      if (platform === undefined || id === undefined) continue;
      try {
        const answer = await send(platform, 'DELETE', `/skaha/v1/session/${id}`);
        if (answer.status === 200) this.deleted.add(id);
        else this.perhapsDeleted.add(id);
      } catch {
        this.perhapsDeleted.add(id);
      }
    }
  }
}

/** The most memory a process has had, in MiB. */
export function highestMiBOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

const mostSlow = 100;
const slowBeginnings = [
  '',
  'GET /skaha/v1/session HTTP/1.1\r\nhost: localhost\r\n',
  'POST /ac/login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 60000\r\n\r\nusername=',
];

const clientProgram = `
const [port, token, ca, number] = process.argv.slice(1);
const body = new URLSearchParams({ name: 'job-' + number, image: '${terminal}', cmd: 'sh',
  args: 'job.sh', env: 'N=' + number }).toString();
require('node:https').request({ host: '127.0.0.1', port, method: 'POST', path: '/skaha/v1/session',
  ca: require('node:fs').readFileSync(ca), headers: { authorization: 'Bearer ' + token,
  'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length } }).end(body);
`;

/** Process numbers of the servers on a data directory. */
function serversOf(data: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return words.includes('dist/server.js') && words.includes(JSON.stringify(data));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Session ids in the environments of living processes. */
function runningIds(): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const id = /(?:^|\0)skaha_sessionid=([^\0]*)/.exec(
        readFileSync(`/proc/${name}/environ`, 'utf8'),
      )?.[1];
      if (id !== undefined) found.add(id);
    } catch {
      // Gone, or another user's.
    }
  }
  return found;
}

/**
 * Kills a platform at random moments while sessions are created and deleted, and then accounts for
 * each one that was ever acknowledged.
 */
export async function audit(plan: AuditPlan): Promise<AuditReport> {
  const load = new Load(plan);
  await load.run();
  const platform = load.platform;
  if (platform === undefined) throw new Error('the platform does not run');
  await until(async () =>
    (await list(platform)).every(({ status }) => /^(Comp|Fail)/.test(status ?? '')),
  );
  const problems = [
    ...(await missing(load, platform)),
    ...(await surprises(load, platform, plan.data)),
  ];
  if ((await describePlatform(plan.data)) === undefined) problems.push('the platform has ended');
  const { kills, clientKills, highestMiB, acknowledged, deleted, unanswered } = load;
  const counted = (pattern: RegExp) => problems.filter((problem) => pattern.test(problem)).length;
  return {
    kills,
    clientKills,
    highestMiB,
    lost: counted(/ is lost$| has no files$/),
    doubled: counted(/ is there twice$| ran \d+ times$/),
    orphaned: counted(/ was never asked for$| processes of it run$| are left$/),
    acknowledged: acknowledged.size,
    deleted: deleted.size,
    unanswered: unanswered.size,
    problems,
  };
}

/** What is not as it was acknowledged. */
async function missing(load: Load, platform: Described): Promise<string[]> {
  const problems: string[] = [];
  const sessions = new Map((await list(platform)).map((session) => [session.id, session]));
  for (const [number, id] of load.acknowledged) {
    const session = sessions.get(id);
    if (load.deleted.has(id)) {
      if (session !== undefined) problems.push(`${id} (${number}) was deleted and is there`);
      continue;
    }
    if (session === undefined) {
      if (!load.perhapsDeleted.has(id)) problems.push(`${id} (${number}) is lost`);
      continue;
    }
    const status = number % 5 === 0 ? 'Completed' : 'Failed';
    if (session.status !== status) problems.push(`${id} (${number}) is ${session.status}`);
    const told = await events(platform, id);
    if (!told.includes(`exit status ${number % 5}`)) problems.push(`${id} (${number}): ${told}`);
    const log = await logs(platform, id);
    if (log !== `start ${number}\nend ${number}\n`) {
      problems.push(`${id} (${number}) has the log ${JSON.stringify(log)}`);
    }
  }
  return problems;
}

/** What should not be there. */
async function surprises(load: Load, platform: Described, data: string): Promise<string[]> {
  const problems: string[] = [];
  const known = new Set(load.acknowledged.values());
  const sessions = await list(platform);
  const names = new Set<string>();
  for (const { id, name = '' } of sessions) {
    if (names.has(name)) problems.push(`${name} is there twice`);
    names.add(name);
    const number = Number(name.replace('job-', ''));
    if (!known.has(id) && !load.unanswered.has(number)) problems.push(`${id} was never asked for`);
  }
  const runs = readFileSync(join(data, 'arc/home/adastra/runs'), 'utf8').trimEnd().split('\n');
  for (const number of new Set(runs)) {
    const times = runs.filter((one) => one === number).length;
    if (times > 1) problems.push(`job ${number} ran ${times} times`);
  }
  const ids = new Set([...known, ...sessions.map(({ id }) => id)]);
  const left = () => [...runningIds()].filter((id) => ids.has(id));
  await until(() => left().length === 0).catch(() => undefined);
  for (const id of left()) problems.push(`${id} has ended and processes of it run`);
  const kept = () =>
    readdirSync(join(data, 'sessions')).filter((name) => !isListed(name.split('.')[0] ?? ''));
  const isListed = (key: string) => sessions.some(({ id }) => id === key);
  await until(() => kept().length === 0).catch(() => undefined);
  for (const key of kept()) problems.push(`files of ${key} are left`);
  for (const { id } of sessions) {
    if (!existsSync(join(data, 'sessions', `${id}.log`))) problems.push(`${id} has no log`);
  }
  return problems;
}
