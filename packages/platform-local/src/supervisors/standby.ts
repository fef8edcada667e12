import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { shellWord } from '@skaha/base/shell-word.js';
import type { Run, RunLimits } from '@skaha/engine/ports/runner.js';
import type { Enclosure, Standing } from '../confinement.js';
import { RunGroups, sharedPrefix } from '../limits/cgroup.js';
import type { Limiter, LimitPlan } from '../limits/types.js';
import { fixedEnvironment } from '../processes/programs.js';
import { onlyThese, type StartOrder } from '../processes/spawn.js';
import type { StartListener } from './launcher.js';
import { cannotRecord, claimLost } from './scripts.js';

/** How many there are at most: with more at a time, each session has a supervisor of its own. */
const most = 16;

/** So many bytes of words and variables are never too many for the system: it takes 128 KiB at the least. */
const mostBytes = 100_000;

/** How long none is made after one could not be made, in milliseconds. */
const pauseMs = 10_000;

/** How long one that nobody needs is kept, in milliseconds. */
const idleMs = 30_000;

/** When it is looked whether a session has left, in milliseconds after its end and between. */
const leavingMs = [0, 1, 2, 4, 8, 16, 32];

/**
 * How long a session may have been there whose network the next one gets, in milliseconds: others may
 * know the address of one that was there for longer.
 */
const unknownMs = 10_000;

/** How long a platform that closes waits for those that have nothing to do, in milliseconds. */
const closeMs = 2_000;

/**
 * An order as a shell reads it. Each word is shellWord, so that none is anything but a word; what
 * follows the last line belongs to an earlier, longer order.
 */
function orderText({ words, environment }: StartOrder): string {
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

/** Whether the system may refuse it, which it tells only who starts a process. */
function isLong({ command, environment }: Run): boolean {
  let characters = 0;
  for (const word of command) characters += word.length;
  for (const [name, value] of Object.entries(environment)) characters += name.length + value.length;
  // No character takes more than three bytes.
  return characters * 3 > mostBytes;
}

const wordFor = ({ cores, memory, processes }: RunLimits): string =>
  `${cores} ${memory} ${processes}`;

/** How a supervisor stands. */
interface Stand {
  readonly name: string;
  readonly plan: LimitPlan;
  readonly limits: string;
  readonly standing: Standing;
}

/** What standing supervisors need. */
interface StandbyOptions {
  /** The program of a standing supervisor. */
  readonly script: string;
  /** Directory of the runs. */
  readonly sessions: string;
  /** A private directory. */
  readonly place: string;
  readonly limiter: Limiter;
  readonly enclosure: Pick<Enclosure, 'standingOf' | 'stand' | 'release'>;
}

/**
 * A supervisor that takes one session after the other. It stands in groups with limits already, so
 * that a session costs neither their making nor another shell.
 */
export class Standby {
  readonly name: string;
  readonly groups: RunGroups;
  /** Leads its process group. */
  readonly pid: number;
  readonly standing: Standing;
  limits: string;
  /** Resolves once it stands in its groups: to false when it went before. */
  readonly ready: Promise<boolean>;
  #tellReady: (isReady: boolean) => void = () => undefined;
  /** Resolves when it has gone and its groups with it, where they are empty. */
  readonly gone: Promise<void>;
  #tellGone: () => void = () => undefined;
  readonly #child: ChildProcess;
  readonly #order: number;
  readonly #whenGone: (standby: Standby) => void;
  /** Its own process number, once it has said so; what keeps its network for it may be over it. */
  #self: number | undefined;
  #began = 0;
  #listener: StartListener | undefined;
  #isGone = false;

  /**
   * @param whenGone - told when it has gone
   * @throws what the system says when it cannot be started
   */
  constructor(
    { script, sessions, place }: StandbyOptions,
    { name, plan, limits, standing }: Stand,
    whenGone: (standby: Standby) => void,
  ) {
    this.name = name;
    this.limits = limits;
    this.standing = standing;
    this.groups = new RunGroups(plan.join).keepOpen();
    this.#whenGone = whenGone;
    this.ready = new Promise((resolve) => {
      this.#tellReady = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
    // Its fourth stream, by which it reads what it is to start.
    this.#order = openUnnamed(place);
    const { streams, close } = onlyThese(['pipe', 'pipe', 'ignore', this.#order]);
    try {
      const [file = '', ...words] = [...standing.words, '/bin/sh', script, sessions, ...plan.join];
      const child = spawn(file, words, {
        ...{ cwd: '/', detached: true, env: fixedEnvironment, stdio: streams },
      });
      this.#child = child;
      this.pid = child.pid ?? 0;
      this.#watch(child);
    } catch (error) {
      closeSync(this.#order);
      throw error;
    } finally {
      close();
    }
  }

  /** Starts a program for a run. It must not have another. */
  start(key: string, order: StartOrder, listener: StartListener): void {
    this.#listener = listener;
    if (this.#isGone) {
      this.#listener = undefined;
      listener.lost();
      return;
    }
    this.#began = performance.now();
    writeSync(this.#order, orderText(order), 0);
    this.#child.stdin?.write(`${key}\n`);
    listener.started(this.pid);
  }

  /**
   * Whether it is alone in its groups, which is to say that nothing is left of its run. What enclosed
   * a session may take a moment to leave.
   */
  async isAlone(): Promise<boolean> {
    for (const wait of leavingMs) {
      if (wait > 0) await pause(wait);
      if (this.#isGone) return false;
      if (this.groups.members().every((pid) => pid === this.#self)) return true;
    }
    return false;
  }

  /** Looks whether the next session finds it as the last one did. */
  isAsNew(): boolean {
    return this.groups.areAsNew() && (this.standing.address === undefined || this.#isUnknown());
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

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Lets it go once it has nothing to do. */
  release(): void {
    this.#child.stdin?.end();
  }

  #watch(child: ChildProcess): void {
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#reported(line);
    });
    child.stdin?.on('error', () => undefined);
    child.once('error', () => this.#gone()).once('close', () => this.#gone());
    // The listeners of the platform keep its process alive, not the sessions.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      if (stream !== null && 'unref' in stream && typeof stream.unref === 'function')
        stream.unref();
    }
  }

  #reported(line: string): void {
    if (this.#self === undefined) {
      this.#self = Number(line.split(' ')[1]);
      this.#tellReady(true);
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
    closeSync(this.#order);
    this.groups.close();
    this.#whenGone(this);
    this.#tellReady(false);
    this.#tellGone();
    const listener = this.#listener;
    this.#listener = undefined;
    // It takes all of its session with it, or was killed: the files of the run tell.
    listener?.lost();
  }
}

/** A file that nobody else finds: what is in it is a user's. */
function openUnnamed(place: string): number {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const path = join(place, `order-${randomBytes(8).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  rmSync(path);
  return descriptor;
}

/**
 * The supervisors that take one session after the other, where groups hold the limits: only there can
 * be seen that nothing of a session is left.
 */
export class Standbys {
  readonly #options: StandbyOptions;
  readonly #all = new Set<Standby>();
  #idle: Standby[] = [];
  #patience: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isPossible = true;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** How many are being made. */
  #coming = 0;

  constructor(options: StandbyOptions) {
    this.#options = options;
  }

  /**
   * One that keeps the limits of a run and stands where it may: one that is free, or else a new one.
   * It is the caller's until {@link giveBack}.
   *
   * @returns undefined when the run needs a supervisor of its own
   */
  async take(run: Run): Promise<Standby | undefined> {
    if (isLong(run)) return undefined;
    const { limits } = run;
    const word = wordFor(limits);
    const { enclosure } = this.#options;
    const place = enclosure.standingOf === undefined ? '' : enclosure.standingOf(run);
    if (place === undefined) return undefined;
    const there = this.#idle.filter((one) => one.standing.of === place);
    const fitting = there.findLast((one) => one.limits === word);
    const found = fitting ?? this.#changed(there.at(-1), limits);
    if (found === undefined) return await this.#another(run);
    this.#idle = this.#idle.filter((one) => one !== found);
    return found;
  }

  #changed(standby: Standby | undefined, limits: RunLimits): Standby | undefined {
    if (standby === undefined) return undefined;
    try {
      this.#options.limiter.prepare(standby.name, limits);
      standby.limits = wordFor(limits);
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
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#letGo(), idleMs).unref();
  }

  /** Lets all of them go, those that have a run once it is over; waits for the others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#patience);
    const idle = this.#idle;
    this.#idle = [];
    for (const standby of this.#all) standby.release();
    const calm = new AbortController();
    const patience = pause(closeMs, undefined, { signal: calm.signal }).catch(() => undefined);
    await Promise.race([Promise.all(idle.map(({ gone }) => gone)), patience]);
    calm.abort();
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
    const { limiter, enclosure } = this.#options;
    const { limits, user } = run;
    const name = `${sharedPrefix}${randomBytes(4).toString('hex')}`;
    const plan = limiter.prepare(name, limits);
    this.#isPossible = plan.join.length > 0;
    if (!this.#isPossible) return undefined;
    const leave = () => {
      enclosure.release?.({ key: name, user });
      new RunGroups(plan.join).removeIfEmpty();
    };
    try {
      const standing = (await enclosure.stand?.(run, name)) ?? { of: '', words: [] };
      if (this.#isClosed) return void leave();
      const standby = this.#begin({ name, plan, limits: wordFor(limits), standing }, leave);
      if (!(await standby.ready)) return undefined;
      if (!this.#isClosed) return standby;
      standby.release();
      return undefined;
    } catch (error) {
      leave();
      throw error;
    }
  }

  #begin(stand: Stand, leave: () => void): Standby {
    const standby = new Standby(this.#options, stand, (one) => {
      this.#all.delete(one);
      this.#idle = this.#idle.filter((other) => other !== one);
      // What its last run still has in there is ended with that run.
      leave();
    });
    this.#all.add(standby);
    return standby;
  }
}
