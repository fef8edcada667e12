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

/** How many there are at most: beyond that, each session has a supervisor of its own. */
const most = 16;

/** A command and variables of so many bytes never exceed what a system takes, 128 KiB at least. */
const mostBytes = 100_000;

/** How long one may take to be in its groups, in milliseconds. */
const readyMs = 5_000;

/** How long none is made after one could not be made, in milliseconds. */
const pauseMs = 10_000;

/** How long one that nobody needs is kept, in milliseconds. */
const idleMs = 30_000;

/** When to check whether a session has left, in milliseconds: after its end, then between checks. */
const leavingMs = [0, 1, 2, 4, 8, 16, 32];

/**
 * How long a session may have been there whose network the next one gets, in milliseconds: others may
 * know the address of one that was there for longer.
 */
const unknownMs = 10_000;

/** How long a platform that closes waits for those that are free, in milliseconds. */
const closeMs = 2_000;

/**
 * What to start, as a shell reads it. Each word is quoted, so that none is anything but a word; what
 * follows the last line is left of earlier, longer instructions.
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

/** Whether the system may refuse it, which only the process that starts it would learn. */
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

/** Where a standby supervisor is, and what it keeps to. */
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
 * A supervisor that runs one session after the other. It is in groups with limits already, so that a
 * session costs neither their making nor another shell.
 */
export class Standby {
  readonly name: string;
  readonly groups: RunGroups;
  /** Leads its process group. */
  readonly pid: number;
  readonly place: StandbyPlace;
  limits: string;
  /** Resolves once it is in its groups, or has ended before that. */
  readonly ready: Promise<void>;
  #setReady: () => void = () => undefined;
  /** Resolves when it has gone and its groups with it, where they are empty. */
  readonly gone: Promise<void>;
  #setGone: () => void = () => undefined;
  readonly #child: ChildProcess;
  /** Descriptor of the file from which it reads what to start. */
  readonly #instructions: number;
  readonly #whenGone: () => void;
  /** Its own process number, once it has reported it; what keeps its network for it may be above it. */
  #self: number | undefined;
  #began = 0;
  #listener: StartListener | undefined;
  #isGone = false;

  /**
   * @param whenGone - called when it has gone
   * @throws what the system says when it cannot be started
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

  /** Starts a program for a run. It must not have another. */
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
   * Whether it is alone in its groups: then nothing is left of its run. What confined a session may
   * take a moment to leave.
   */
  async isAlone(): Promise<boolean> {
    for (const wait of leavingMs) {
      if (wait > 0) await pause(wait);
      if (this.#isGone) return false;
      if (this.groups.members().every((pid) => pid === this.#self)) return true;
    }
    return false;
  }

  /** Whether the next session finds it as the last one did. */
  isAsNew(): boolean {
    return this.groups.areAsNew() && (this.place.address === undefined || this.#isUnknown());
  }

  /** Whether nobody can know where it is, and no connection is left in its network. */
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

  /** Lets it end once it has nothing to do. */
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
    // It takes all of its session with it, or was killed: the files of the run say what became of it.
    listener?.lost();
  }
}

/** A file that nobody else finds: what is in it is a user's. */
function openUnnamed(directory: string): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `order-${randomBytes(8).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  rmSync(path);
  return descriptor;
}

/**
 * The supervisors that run one session after the other, where groups hold the limits: only groups show
 * that nothing of a session is left.
 */
export class Standbys {
  readonly #options: StandbyOptions;
  readonly #all = new Set<Standby>();
  #idle: Standby[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isPossible = true;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** How many are being made. */
  #coming = 0;

  constructor(options: StandbyOptions) {
    this.#options = options;
  }

  /**
   * One that keeps the limits of a run and is where it may be: one that is free, or else a new one.
   * It is the caller's until {@link giveBack}.
   *
   * @returns undefined when the run needs a supervisor of its own
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
      // It holds more than it may have now.
      this.#idle = this.#idle.filter((one) => one !== standby);
      standby.release();
      return undefined;
    }
  }

  /** Takes one back that has nothing to do. What is not as it was at first is let go. */
  giveBack(standby: Standby): void {
    if (standby.isGone) return;
    if (this.#isClosed || !standby.isAsNew()) {
      standby.release();
      return;
    }
    this.#idle.push(standby);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#letGo(), idleMs).unref();
  }

  /** Lets all of them go, those that have a run once it is over; waits for the others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    const idle = this.#idle;
    this.#idle = [];
    for (const standby of this.#all) standby.release();
    await waitAtMost(closeMs, Promise.all(idle.map(({ gone }) => gone)));
  }

  #letGo(): void {
    for (const standby of this.#idle) standby.release();
    this.#idle = [];
  }

  async #another(run: Run): Promise<Standby | undefined> {
    const hasFailed = performance.now() - this.#failedAt < pauseMs;
    if (this.#isClosed || !this.#isPossible || hasFailed) return undefined;
    if (this.#all.size + this.#coming >= most) {
      // One that is free is of no use here, but may be in the place of one for a later session.
      this.#idle.shift()?.release();
      return undefined;
    }
    this.#coming += 1;
    try {
      return await this.#open(run);
    } catch {
      // Meanwhile each session has a supervisor of its own.
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
        // What its last run still has in there is ended with that run.
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
