import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { reasonOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { clearLeftovers } from './leftovers.js';
import { obstacleFor } from './obstacle.js';
import { freePort, isListening } from './ports.js';
import { isAlive, processesOf, signal } from './processes.js';
import { RunFiles } from './run-files.js';
import { cannotRecord, claimLost } from './supervisor.js';
import type { Recovered, Run, RunEnd, Runner, RunnerListener } from './types.js';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How often a run that is not our child is looked at. */
const adoptedPollMs = 500;

/** How long a supervisor may take between its claim and its record, and in what steps we look. */
const claimPatienceMs = 2_000;
const claimStepMs = 25;

/** How long a page may take until it listens, and in what steps we look. */
const pagePatienceMs = 300_000;
const pageStepMs = 100;

/** How long to wait for a killed session to be gone. */
const killPatienceMs = 10_000;

/** What a process runner is made of. */
export interface ProcessRunnerOptions {
  readonly sessions: string;
  readonly scratch: string;
  /** The supervisor script. */
  readonly script: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: RunnerListener;
  /** Between asking a session to end and ending it. */
  readonly graceMs: number;
}

interface Watched {
  readonly run: Run;
  readonly files: RunFiles;
  pid: number | undefined;
  /** Resolves when it has ended and everything it started is gone. */
  readonly over: Promise<void>;
  readonly finish: () => void;
}

/** A process takes its own time, whatever clock the platform goes by. */
const ownTime = (milliseconds: number, signal: AbortSignal) =>
  pause(milliseconds, undefined, { signal }).catch(() => undefined);

/**
 * Runs headless sessions, and contributed ones with a command, as processes of this machine: each
 * in its own process session, with a clean environment, a scratch directory and a log.
 */
export class ProcessRunner implements Runner {
  readonly name = 'process';
  readonly #options: ProcessRunnerOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new AbortController();

  constructor(options: ProcessRunnerOptions) {
    this.#options = options;
  }

  obstacle(run: Run): string | undefined {
    return obstacleFor(run);
  }

  launch(run: Run): void {
    const watched = this.#watch(run);
    if (run.kind === 'headless') {
      this.#start(watched, undefined);
      return;
    }
    this.#startPage(watched).catch((error: unknown) => this.#refuse(watched, error));
  }

  /** A page has a port of its own, and runs once something listens there. */
  async #startPage(watched: Watched): Promise<void> {
    const { clock, listener } = this.#options;
    const port = await freePort();
    await watched.files.setPort(port);
    this.#start(watched, port);
    for (let waited = 0; waited < pagePatienceMs; waited += pageStepMs) {
      if (this.#watched.get(watched.run.key) !== watched) return;
      if (await isListening(port)) {
        listener.started(watched.run.key);
        return;
      }
      await clock.sleep(pageStepMs, this.#closing.signal).catch(() => undefined);
    }
    if (watched.pid !== undefined) signal(-watched.pid, 'SIGKILL');
  }

  #start(watched: Watched, port: number | undefined): void {
    const { run, files } = watched;
    let child: ChildProcess;
    try {
      child = this.#spawn(run, files, port);
    } catch (error) {
      this.#refuse(watched, error);
      return;
    }
    // The listeners of the platform keep its process alive, not the sessions.
    child.unref();
    watched.pid = child.pid;
    if (port === undefined) {
      child.once('spawn', () => this.#options.listener.started(run.key));
    }
    child.once('error', (error) => {
      if (child.pid === undefined) this.#refuse(watched, error);
    });
    child.once('exit', (code) => {
      this.#childExited(watched, code).catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#options.logger.error(`lost sight of ${run.key}: ${reasonOf(error)}`);
      });
    });
  }

  #refuse(watched: Watched, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#forget(watched);
    void watched.files.emptyScratch().catch(() => undefined);
    const reason = `Cannot start the session: ${reasonOf(error)}`;
    this.#options.listener.refused(watched.run.key, reason);
  }

  #spawn(run: Run, files: RunFiles, port: number | undefined): ChildProcess {
    const log = files.prepare();
    try {
      return spawn('/bin/sh', [this.#options.script, files.directory, ...run.command], {
        cwd: run.home,
        detached: true,
        env: {
          LANG: 'C.UTF-8',
          ...run.environment,
          PATH: `${dirname(process.execPath)}:${systemPath}`,
          ...(port === undefined ? {} : { PORT: String(port) }),
          SCRATCH: files.scratch,
          TMPDIR: files.scratch,
        },
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
  }

  async recover(run: Run): Promise<Recovered> {
    const files = this.#files(run.key);
    const ended = await files.end();
    if (ended !== undefined) return await this.#foundEnded(run, files, ended);
    const claimant = await this.#claimant(files);
    if (claimant === undefined) {
      await this.#sweep(run.id, undefined);
      await files.unclaim();
      return { state: 'unclaimed' };
    }
    if (await isAlive(claimant)) {
      const watched = this.#watch(run);
      watched.pid = claimant.pid;
      void this.#watchAdopted(watched);
      return { state: 'running' };
    }
    const end = (await files.end()) ?? { status: undefined };
    return await this.#foundEnded(run, files, end, claimant.pid);
  }

  async #foundEnded(run: Run, files: RunFiles, end: RunEnd, pid?: number): Promise<Recovered> {
    await this.#sweep(run.id, pid);
    await files.emptyScratch();
    return { state: 'ended', end };
  }

  async terminate(run: Run): Promise<void> {
    const watched = this.#watched.get(run.key);
    if (watched === undefined) return;
    const { files, over } = watched;
    // A supervisor that has not begun must not begin now.
    await files.void().catch(() => undefined);
    if (watched.pid !== undefined) signal(-watched.pid, 'SIGTERM');
    const calm = new AbortController();
    const grace = ownTime(this.#options.graceMs, calm.signal);
    await Promise.race([over, grace]);
    calm.abort();
    if (!this.#watched.has(run.key)) return;
    if (watched.pid !== undefined) signal(-watched.pid, 'SIGKILL');
    await this.#sweep(run.id, watched.pid);
    // A process that even SIGKILL does not end (it hangs in the kernel) must not hang the platform.
    await Promise.race([over, ownTime(killPatienceMs, this.#closing.signal)]);
  }

  async port(key: string): Promise<number | undefined> {
    return await this.#files(key).port();
  }

  logFile(key: string): string {
    return this.#files(key).log;
  }

  async purge(key: string): Promise<void> {
    await this.#files(key).purge();
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    await clearLeftovers(this.#options.sessions, this.#options.scratch, isKnown);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#watched.clear();
  }

  #files(key: string): RunFiles {
    return new RunFiles(this.#options.sessions, this.#options.scratch, key);
  }

  #watch(run: Run): Watched {
    let finish: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const watched: Watched = { run, files: this.#files(run.key), pid: undefined, over, finish };
    this.#watched.set(run.key, watched);
    return watched;
  }

  #forget(watched: Watched): void {
    this.#watched.delete(watched.run.key);
    watched.finish();
  }

  async #childExited(watched: Watched, code: number | null): Promise<void> {
    if (code === cannotRecord) {
      this.#refuse(watched, new Error('its state cannot be written'));
      return;
    }
    const claimant = code === claimLost ? await this.#claimant(watched.files) : undefined;
    // A supervisor that an earlier platform started may have been faster: then ours left at once.
    if (claimant !== undefined && (await isAlive(claimant))) {
      watched.pid = claimant.pid;
      await this.#watchAdopted(watched);
      return;
    }
    await this.#ended(watched, (await watched.files.end()) ?? { status: undefined });
  }

  async #watchAdopted(watched: Watched): Promise<void> {
    const claimant = await watched.files.claimant();
    try {
      while (claimant !== undefined && (await isAlive(claimant))) {
        await this.#options.clock.sleep(adoptedPollMs, this.#closing.signal);
      }
    } catch {
      return;
    }
    await this.#ended(watched, (await watched.files.end()) ?? { status: undefined });
  }

  async #ended(watched: Watched, end: RunEnd): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { run, files } = watched;
    await this.#sweep(run.id, watched.pid);
    await files.emptyScratch().catch((error: unknown) => {
      this.#options.logger.warn(`cannot empty the scratch space of ${run.key}: ${reasonOf(error)}`);
    });
    this.#forget(watched);
    this.#options.listener.ended(run.key, end);
  }

  /** Ends what is left of a session, in rounds: a dying process may still have started another. */
  async #sweep(id: string, leader: number | undefined): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      const left = await processesOf(id, leader);
      if (left.length === 0) return;
      for (const pid of left) signal(pid, 'SIGKILL');
    }
  }

  async #claimant(files: RunFiles) {
    let claimant = await files.claimant();
    for (let waited = 0; waited < claimPatienceMs; waited += claimStepMs) {
      if (claimant !== undefined || !(await files.isClaimPending())) return claimant;
      await pause(claimStepMs, undefined, { signal: this.#closing.signal });
      claimant = await files.claimant();
    }
    return claimant;
  }
}
