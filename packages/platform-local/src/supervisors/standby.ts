import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { shellWord } from '@skaha/base/shell-word.js';
import type { Run, RunLimits } from '@skaha/engine/ports/runner.js';
import type { Confinement, StandbyPlace } from '../confinement.js';
import { RunGroups, sharedPrefix } from '../limits/cgroup.js';
import type { Limiter, LimitPlan } from '../limits/limiter.js';
import { signal } from '../processes/processes.js';
import { onLines, type SpawnRequest, spawnProgram, unrefChild } from '../processes/spawn.js';
import { waitAtMost } from '../processes/wait-at-most.js';
import type { StartListener } from './launcher.js';
import { cannotRecord, claimLost } from './scripts.js';

/** How many standby supervisors there are at most: further sessions each get their own. */
const most = 16;

/** A command and variables of this many bytes are below the limit of every system, 128 KiB at least. */
const mostBytes = 100_000;

/** How long a standby supervisor may take to enter its groups, in milliseconds. */
const readyMs = 5_000;

/** How long to wait after one could not be started before another is tried, in milliseconds. */
const pauseMs = 10_000;

/** How long an idle one is kept, in milliseconds. */
const idleMs = 30_000;

/** The pauses before each check whether the processes of an ended session are gone, in milliseconds. */
const leavingMs = [0, 1, 2, 4, 8, 16, 32];

/**
 * How long a session may have run, in milliseconds, for the next one to get its network: after that,
 * others may know its address.
 */
const unknownMs = 10_000;

/** How long a platform that closes waits for the idle ones to end, in milliseconds. */
const closeMs = 2_000;

/**
 * What to start, as a shell script. Each word is quoted, so that the shell interprets none. The script
 * ends with `return`, because the rest of earlier, longer instructions may follow it in the file.
 */
function instructionsFor({ words, environment }: SpawnRequest): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `${name}=${shellWord(value)}`,
  );
  return [
    `export ${variables.join(' ')}`,
    `set -- ${words.map(shellWord).join(' ')}`,
    'return 0',
    '',
  ].join('\n');
}

/** Whether the system may refuse a command of this length; only the supervisor would see that. */
function isLong({ command, environment }: Run): boolean {
  let characters = 0;
  for (const word of command) characters += word.length;
  for (const [name, value] of Object.entries(environment)) characters += name.length + value.length;
  // No character takes more than three bytes.
  return characters * 3 > mostBytes;
}

/** The limits of a run, in a form that can be compared. */
const limitsKey = ({ cores, memory, processes }: RunLimits): string =>
  `${cores} ${memory} ${processes}`;

/** The place of a standby supervisor, and its limits. */
interface StandbySetup {
  readonly name: string;
  readonly plan: LimitPlan;
  readonly limits: string;
  readonly place: StandbyPlace;
}

/** What standby supervisors need. */
interface StandbyOptions {
  /** The program of a standby supervisor. */
  readonly script: string;
  /** Directory of the runs. */
  readonly sessions: string;
  /** A private directory. */
  readonly directory: string;
  readonly limiter: Limiter;
  readonly confinement: Pick<Confinement, 'standbyGroup' | 'placeStandby' | 'release'>;
}

/**
 * A supervisor that runs one session after the other. It is already in control groups with limits, so
 * that a session needs neither new groups nor another shell.
 */
export class Standby {
  readonly name: string;
  readonly groups: RunGroups;
  /** The leader of its process group. */
  readonly pid: number;
  readonly place: StandbyPlace;
  limits: string;
  /** Resolves once it is in its groups, or has ended before that. */
  readonly ready: Promise<void>;
  #setReady: () => void = () => undefined;
  /** Resolves when it has ended, and its groups have been removed if they are empty. */
  readonly gone: Promise<void>;
  #setGone: () => void = () => undefined;
  readonly #child: ChildProcess;
  /** Descriptor of the file from which it reads what to start. */
  readonly #instructions: number;
  readonly #whenGone: () => void;
  /** Its process number, once reported; `pid` may be that of the program that holds its network. */
  #self: number | undefined;
  #began = 0;
  #listener: StartListener | undefined;
  #isGone = false;

  /**
   * @param whenGone - called when it has ended
   * @throws the error of the system if it cannot be started
   */
  constructor(
    { script, sessions, directory }: StandbyOptions,
    { name, plan, limits, place }: StandbySetup,
    whenGone: () => void,
  ) {
    this.name = name;
    this.limits = limits;
    this.place = place;
    this.groups = new RunGroups(plan.join).keepOpen();
    this.#whenGone = whenGone;
    this.ready = new Promise((resolve) => {
      this.#setReady = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.#setGone = resolve;
    });
    this.#instructions = openUnnamed(directory);
    const words = [...place.prefix, '/bin/sh', script, sessions, ...plan.join];
    try {
      this.#child = spawnProgram(words, ['pipe', 'pipe', 'ignore', this.#instructions]);
    } catch (error) {
      closeSync(this.#instructions);
      throw error;
    }
    this.pid = this.#child.pid ?? 0;
    onLines(this.#child.stdout, (line) => this.#reported(line));
    this.#child.stdin?.on('error', () => undefined);
    this.#child.once('error', () => this.#gone()).once('close', () => this.#gone());
    unrefChild(this.#child);
  }

  /** Starts a program for a run; the one before it must have ended. */
  start(key: string, request: SpawnRequest, listener: StartListener): void {
    if (this.#isGone) {
      listener.lost();
      return;
    }
    this.#listener = listener;
    this.#began = performance.now();
    writeSync(this.#instructions, instructionsFor(request), 0);
    this.#child.stdin?.write(`${key}\n`);
    listener.started(this.pid);
  }

  /**
   * Whether it is alone in its groups: then nothing is left of its run. The program that confined a
   * session may take a moment to end.
   */
  async isAlone(): Promise<boolean> {
    for (const wait of leavingMs) {
      if (wait > 0) await pause(wait);
      if (this.#isGone) return false;
      if (this.groups.members().every((pid) => pid === this.#self)) return true;
    }
    return false;
  }

  /** Whether the last session changed nothing that the next one could notice. */
  isAsNew(): boolean {
    return this.groups.areAsNew() && (this.place.address === undefined || this.#isUnknown());
  }

  /** Whether nobody can know its address, and no connection is left in its network. */
  #isUnknown(): boolean {
    if (this.#began > 0 && performance.now() - this.#began > unknownMs) return false;
    try {
      const text = readFileSync(`/proc/${this.#self}/net/sockstat`, 'utf8');
      return /^sockets: used 0$/m.test(text) && /^TCP: .*\btw 0\b/m.test(text);
    } catch {
      return false;
    }
  }

  get isReady(): boolean {
    return this.#self !== undefined && !this.#isGone;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Lets it end once its run has ended. */
  release(): void {
    this.#child.stdin?.end();
  }

  kill(): void {
    signal(-this.pid, 'SIGKILL');
  }

  #reported(line: string): void {
    if (this.#self === undefined) {
      this.#self = Number(line.split(' ')[1]);
      this.#setReady();
      return;
    }
    const listener = this.#listener;
    this.#listener = undefined;
    if (line === 'lost') listener?.exited(claimLost);
    else if (line === 'unrecorded') listener?.exited(cannotRecord);
    else listener?.exited(null);
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    closeSync(this.#instructions);
    this.groups.close();
    this.#whenGone();
    this.#setReady();
    this.#setGone();
    const listener = this.#listener;
    this.#listener = undefined;
    // Either its session ended with it, or it was killed: the files of the run show which.
    listener?.lost();
  }
}

/** A file that nobody else can open, because it will contain a user's secrets. */
function openUnnamed(directory: string): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `order-${randomBytes(8).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  rmSync(path);
  return descriptor;
}

/**
 * The supervisors that run one session after the other, if control groups enforce the limits: only
 * groups show that nothing of a session is left.
 */
export class Standbys {
  readonly #options: StandbyOptions;
  readonly #all = new Set<Standby>();
  #idle: Standby[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isPossible = true;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** How many are being started. */
  #coming = 0;

  constructor(options: StandbyOptions) {
    this.#options = options;
  }

  /**
   * A standby supervisor with the limits and in the place that a run needs: an idle one, or else a
   * new one. It belongs to the caller until {@link giveBack}.
   *
   * @returns undefined if the run needs its own supervisor
   */
  async take(run: Run): Promise<Standby | undefined> {
    if (isLong(run)) return undefined;
    const { limits } = run;
    const { confinement } = this.#options;
    const group = confinement.standbyGroup === undefined ? '' : confinement.standbyGroup(run);
    if (group === undefined) return undefined;
    const usable = this.#idle.filter((one) => one.place.group === group);
    const key = limitsKey(limits);
    const same = usable.findLast((one) => one.limits === key);
    const found = same ?? this.#changed(usable.at(-1), limits);
    if (found === undefined) return await this.#another(run);
    this.#idle = this.#idle.filter((one) => one !== found);
    return found;
  }

  #changed(standby: Standby | undefined, limits: RunLimits): Standby | undefined {
    if (standby === undefined) return undefined;
    try {
      this.#options.limiter.prepare(standby.name, limits);
      standby.limits = limitsKey(limits);
      return standby;
    } catch {
      // It uses more than the new limits allow.
      this.#idle = this.#idle.filter((one) => one !== standby);
      standby.release();
      return undefined;
    }
  }

  /** Takes back a standby supervisor without a run; one that a session has changed is ended. */
  giveBack(standby: Standby): void {
    if (standby.isGone) return;
    if (this.#isClosed || !standby.isAsNew()) {
      standby.release();
      return;
    }
    this.#idle.push(standby);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#releaseIdle(), idleMs).unref();
  }

  /** Ends all of them, those with a run once it has ended; waits for the others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    const idle = this.#idle;
    this.#idle = [];
    for (const standby of this.#all) standby.release();
    await waitAtMost(closeMs, Promise.all(idle.map(({ gone }) => gone)));
  }

  #releaseIdle(): void {
    for (const standby of this.#idle) standby.release();
    this.#idle = [];
  }

  async #another(run: Run): Promise<Standby | undefined> {
    const hasFailed = performance.now() - this.#failedAt < pauseMs;
    if (this.#isClosed || !this.#isPossible || hasFailed) return undefined;
    if (this.#all.size + this.#coming >= most) {
      // An idle one cannot run this session; ending it makes room for one that can run a later session.
      this.#idle.shift()?.release();
      return undefined;
    }
    this.#coming += 1;
    try {
      return await this.#open(run);
    } catch {
      // Until the pause is over, each session gets its own supervisor.
      this.#failedAt = performance.now();
      return undefined;
    } finally {
      this.#coming -= 1;
    }
  }

  async #open(run: Run): Promise<Standby | undefined> {
    const { limiter, confinement } = this.#options;
    const { limits, user } = run;
    const name = `${sharedPrefix}${randomBytes(4).toString('hex')}`;
    const plan = limiter.prepare(name, limits);
    this.#isPossible = plan.join.length > 0;
    if (!this.#isPossible) return undefined;
    const leave = () => {
      confinement.release?.({ key: name, user });
      new RunGroups(plan.join).removeIfEmpty();
    };
    try {
      const place = (await confinement.placeStandby?.(run, name)) ?? { group: '', prefix: [] };
      if (this.#isClosed) return void leave();
      const setup = { name, plan, limits: limitsKey(limits), place };
      const standby = new Standby(this.#options, setup, () => {
        this.#all.delete(standby);
        this.#idle = this.#idle.filter((other) => other !== standby);
        // What is left of its last run in the groups is ended with that run.
        leave();
      });
      this.#all.add(standby);
      await waitAtMost(readyMs, standby.ready);
      if (standby.isGone) return undefined;
      if (!standby.isReady) {
        standby.kill();
        throw new Error('it does not report');
      }
      if (!this.#isClosed) return standby;
      standby.release();
      return undefined;
    } catch (error) {
      leave();
      throw error;
    }
  }
}
