import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type {
  Endpoint,
  Isolation,
  Recovered,
  Run,
  RunEnd,
  Runner,
  RunnerParts,
  RunUsage,
} from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import { Attendance, type Watched } from './attendance.js';
import type { Enclosure, PagePlace, Scripts } from './enclosure.js';
import { clearLeftovers } from './leftovers.js';
import { withLimits } from './limits/isolation.js';
import type { Limiter } from './limits/types.js';
import { obstacleFor } from './obstacle.js';
import { PageDoor, silentPage } from './page-door.js';
import { usageOf } from './process-usage.js';
import { isAlive, signal } from './processes.js';
import { RunFiles, socketName } from './run-files.js';
import { supervise } from './supervision.js';
import { cannotRecord, claimLost } from './supervisor.js';
import { askToEnd, endAll } from './sweep.js';

/** How often a run that is not our child is looked at. */
const adoptedPollMs = 500;

/** How long to wait for a killed session to be gone. */
const killPatienceMs = 10_000;

/** What a runner of this machine's processes is made of, beside what every runner is. */
export interface LocalParts extends RunnerParts {
  readonly supervisor: Scripts['supervisor'];
  readonly enclosure: Enclosure;
  readonly limiter: Limiter;
}

/** A process takes its own time, whatever clock the platform goes by. */
const ownTime = (milliseconds: number, signal: AbortSignal) =>
  pause(milliseconds, undefined, { signal }).catch(() => undefined);

/**
 * Runs sessions as processes of this machine: each in its own process session, within its limits,
 * with a clean environment, a scratch directory and a log; enclosed or bare.
 */
export class LocalRunner implements Runner {
  readonly name: string;
  readonly runsImages = false;
  readonly isolation: Isolation;
  readonly hasMounts: boolean;
  readonly #parts: LocalParts;
  readonly #enclosure: Enclosure;
  readonly #watched = new Attendance();
  readonly #door: PageDoor;
  readonly #closing = new AbortController();

  constructor(parts: LocalParts) {
    this.#parts = parts;
    this.#enclosure = parts.enclosure;
    this.name = parts.enclosure.name;
    this.hasMounts = parts.enclosure.hasMounts;
    this.isolation = withLimits(
      parts.enclosure.isolation,
      parts.limiter,
      parts.enclosure.countsProcesses,
    );
    this.#door = new PageDoor(parts.clock, this.#closing.signal);
  }

  homeOf(user: string): string {
    return this.#enclosure.homeOf(user);
  }

  obstacle(run: Run): string | undefined {
    return obstacleFor(run, this.name);
  }

  launch(run: Run): void {
    const watched = this.#watched.add(run, this.#files(run.key));
    this.#start(watched).catch((error: unknown) => this.#refuse(watched, error));
  }

  async #start(watched: Watched): Promise<void> {
    const { run, files } = watched;
    const { page } = run;
    const place: PagePlace | undefined =
      page === undefined ? undefined : await this.#door.place(files, this.#hasSocket(run, files));
    const child = await this.#spawn(watched, place);
    if (child === undefined) return;
    // The listeners of the platform keep its process alive, not the sessions.
    child.unref();
    watched.pid = child.pid;
    if (page === undefined) child.once('spawn', () => this.#parts.listener.started(run.key));
    child.once('error', (error) => {
      if (child.pid === undefined) this.#refuse(watched, error);
    });
    child.once('exit', (code) => {
      this.#childExited(watched, code).catch((error: unknown) => this.#lost(run.key, error));
    });
    if (page !== undefined) void this.#awaitPage(watched);
  }

  #hasSocket({ page }: Run, files: RunFiles): boolean {
    return page?.socket === true && this.#enclosure.takesSocket(join(files.page, socketName));
  }

  /** A page runs once something listens there; one where nothing ever does is ended. */
  async #awaitPage(watched: Watched): Promise<void> {
    const { key } = watched.run;
    const opened = await this.#door.opened(watched.files, () => this.#watched.has(watched));
    if (opened === 'gone') return;
    if (opened === 'open') return this.#parts.listener.started(key);
    this.#parts.listener.noted(key, silentPage);
    await this.#kill(watched);
  }

  async #spawn(watched: Watched, place: PagePlace | undefined): Promise<ChildProcess | undefined> {
    const { run, files } = watched;
    const { limiter, supervisor } = this.#parts;
    const log = files.prepare();
    try {
      const enclosed = await this.#enclosure.enclose(run, files, place, log);
      if (!this.#watched.has(watched)) return undefined;
      const plan = limiter.prepare(run.key, run.limits);
      files.setLimits(plan);
      const most = this.#enclosure.countsProcesses ? plan.processes : undefined;
      const { id, command } = run;
      const state = files.directory;
      return await supervise({ script: supervisor, state, id, enclosed, command, most, log });
    } finally {
      closeSync(log);
    }
  }

  #refuse(watched: Watched, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#watched.remove(watched);
    // What stays is swept up later.
    void this.#clear(watched).catch(() => undefined);
    const reason = `Cannot start the session: ${reasonOf(error)}`;
    this.#parts.listener.refused(watched.run.key, reason);
  }

  async recover(run: Run): Promise<Recovered> {
    const files = this.#files(run.key);
    const ended = await files.end();
    if (ended !== undefined) return await this.#foundEnded(run, files, ended);
    const claimant = await files.patientClaimant(this.#closing.signal);
    if (claimant === undefined) {
      await endAll(run.id, undefined, files);
      await files.unclaim();
      return { state: 'unclaimed' };
    }
    if (await isAlive(claimant)) {
      const watched = this.#watched.add(run, files);
      watched.pid = claimant.pid;
      void this.#watchAdopted(watched);
      return { state: 'running' };
    }
    const end = (await files.end()) ?? { status: undefined };
    return await this.#foundEnded(run, files, end, claimant.pid);
  }

  async #foundEnded(run: Run, files: RunFiles, end: RunEnd, pid?: number): Promise<Recovered> {
    const full = await files.withCause(end);
    await endAll(run.id, pid, files);
    await files.emptyScratch();
    return { state: 'ended', end: full };
  }

  async terminate(run: Run): Promise<void> {
    const watched = this.#watched.get(run.key);
    if (watched === undefined) return;
    const { files, over } = watched;
    // A supervisor that has not begun must not begin now; where nothing can be written it cannot.
    await files.void().catch(() => undefined);
    await askToEnd(run.id, watched.pid, this.#enclosure.isOutside);
    const calm = new AbortController();
    await Promise.race([over, ownTime(this.#parts.graceMs, calm.signal)]);
    calm.abort();
    if (!this.#watched.has(watched)) return;
    await this.#kill(watched);
    // A process that even SIGKILL does not end (it hangs in the kernel) must not hang the platform.
    await Promise.race([over, ownTime(killPatienceMs, this.#closing.signal)]);
  }

  async #kill({ run, pid, files }: Watched): Promise<void> {
    if (pid !== undefined) signal(-pid, 'SIGKILL');
    await endAll(run.id, pid, files);
  }

  async endpoint(key: string): Promise<Endpoint | undefined> {
    return await this.#door.endpoint(this.#files(key));
  }

  async usage(key: string): Promise<RunUsage | undefined> {
    const watched = this.#watched.get(key);
    if (watched?.pid === undefined) return undefined;
    const groups = await watched.files.groups();
    const used = groups.exist ? await groups.usage() : undefined;
    return used ?? (await usageOf(watched.run.id, watched.pid).catch(() => undefined));
  }

  logFile(key: string): string {
    return this.#files(key).log;
  }

  async purge(key: string): Promise<void> {
    this.#door.forget(key);
    await this.#files(key).purge();
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    await clearLeftovers(this.#parts.sessions, this.#parts.scratch, isKnown);
    await this.#parts.limiter.tidy(isKnown);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#watched.clear();
    this.#door.close();
    this.#parts.limiter.close();
  }

  #files(key: string): RunFiles {
    return new RunFiles(this.#parts.sessions, this.#parts.scratch, key);
  }

  async #childExited(watched: Watched, code: number | null): Promise<void> {
    if (code === cannotRecord) {
      this.#refuse(watched, new Error('its state cannot be written'));
      return;
    }
    const { files } = watched;
    const claimant =
      code === claimLost ? await files.patientClaimant(this.#closing.signal) : undefined;
    // A supervisor that an earlier platform started may have been faster: then ours left at once.
    if (claimant !== undefined && (await isAlive(claimant))) {
      watched.pid = claimant.pid;
      await this.#watchAdopted(watched);
      return;
    }
    await this.#ended(watched);
  }

  async #watchAdopted(watched: Watched): Promise<void> {
    const claimant = await watched.files.claimant();
    try {
      while (claimant !== undefined && (await isAlive(claimant))) {
        await this.#parts.clock.sleep(adoptedPollMs, this.#closing.signal);
      }
    } catch {
      return;
    }
    await this.#ended(watched);
  }

  async #ended(watched: Watched): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { run, files } = watched;
    const ended = files.end().then((end) => files.withCause(end ?? { status: undefined }));
    const reads = [ended, files.isUnlimited(), files.enclosureReport()] as const;
    const [end, isUnlimited, report] = await Promise.all(reads);
    const problem = isUnlimited
      ? 'its limits cannot be put on'
      : this.#enclosure.failure(report, end.status);
    if (problem !== undefined) return this.#refuse(watched, new Error(problem));
    await this.#clear(watched);
    this.#watched.remove(watched);
    this.#parts.listener.ended(run.key, end);
  }

  /** Ends what is left of a run, and empties what is its own for its time only. */
  async #clear({ run, pid, files }: Watched): Promise<void> {
    await endAll(run.id, pid, files);
    this.#door.forget(run.key);
    await files.emptyScratch().catch((error: unknown) => {
      this.#parts.logger.warn(`cannot empty the scratch space of ${run.key}: ${reasonOf(error)}`);
    });
  }

  #lost(key: string, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#parts.logger.error(`lost sight of ${key}: ${reasonOf(error)}`);
  }
}
