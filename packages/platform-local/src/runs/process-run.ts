import { join } from 'node:path';
import {
  type Entry,
  type EntryPlan,
  EntryRefused,
  NotThere,
  type Run,
  type RunEnd,
  type RunNote,
  type RunnerOptions,
  type RunUsage,
} from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { Confinement, PagePlace } from '../confinement.js';
import { RunGroups } from '../limits/cgroup.js';
import { type Limiter, supervisorLines } from '../limits/limiter.js';
import { type LocalRun, type Mount, withHostPaths } from '../mounts.js';
import { askToEnd, endAll } from '../processes/end-processes.js';
import type { ExitPoller } from '../processes/exit-poller.js';
import { isAlive, type ProcessIdentity, signal } from '../processes/processes.js';
import { absentProgram } from '../processes/program-aliases.js';
import { sessionPath } from '../processes/programs.js';
import { runInSession } from '../processes/session-command.js';
import type { SpawnRequest } from '../processes/spawn.js';
import { usageOf } from '../processes/usage.js';
import { packCommand } from '../processes/variables.js';
import { waitAtMost } from '../processes/wait-at-most.js';
import type { Launcher, StartListener } from '../supervisors/launcher.js';
import { cannotRecord, claimLost, type Scripts } from '../supervisors/scripts.js';
import type { Standby, Standbys } from '../supervisors/standby.js';
import { type PageEndpoints, silentPage } from './page-endpoints.js';
import { type RunFiles, socketName, withCause } from './run-files.js';
import { lastChange, type SpareFolders } from './spare-folders.js';

/** How long a session that counts as running may take to be complete, and how often we check. */
const entryPatienceMs = 2_000;
const entryStepMs = 25;

/** How the starter ends when there is no such command. */
const notFound = 127;

/** How long to wait for a killed session to be gone, in milliseconds. */
const killPatienceMs = 10_000;

/** What a runner of processes on this machine needs in addition to what every runner needs. */
export interface LocalRunnerOptions extends RunnerOptions {
  readonly scriptPaths: Pick<Scripts, 'enter' | 'supervisor' | 'standby'>;
  readonly confinement: Confinement;
  readonly limiter: Limiter;
  /** What every session finds besides what is its own. */
  readonly mounts: readonly Mount[];
}

/** What the runs of one runner share. */
export interface RunServices {
  readonly options: LocalRunnerOptions;
  readonly pages: PageEndpoints;
  readonly exits: ExitPoller;
  readonly launcher: Launcher;
  readonly standbys: Standbys;
  readonly spare: SpareFolders;
  /** Aborts when the platform stops watching. */
  readonly closing: AbortSignal;
  /** Called when a run is over, before its end is reported. */
  forget(run: ProcessRun): void;
}

/** One session as processes of this machine, from its start to its end. */
export class ProcessRun {
  readonly run: Run;
  readonly #files: RunFiles;
  readonly #services: RunServices;
  /** Process number of its supervisor, which leads its process group. */
  #pid: number | undefined;
  /** Its groups, where it was launched here. */
  #groups: RunGroups | undefined;
  /** The standby supervisor that runs it; undefined if it has its own supervisor. */
  #standby: Standby | undefined;
  /** True when what was to start it has gone before it did. */
  #isSecondStart = false;
  /** When its own directories were last changed before it began; NaN for one that was not there. */
  #untouched: readonly (readonly [path: string, time: number])[] = [];
  /** Resolves when it has ended and everything it started is gone. */
  readonly #over: Promise<void>;
  #finish: () => void = () => undefined;
  #isOver = false;

  constructor(run: Run, files: RunFiles, services: RunServices) {
    this.run = run;
    this.#files = files;
    this.#services = services;
    this.#over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Starts it, and watches it to its end. */
  launch(): void {
    this.#start().catch((error: unknown) => this.#refuse(error));
  }

  /**
   * Watches a run that an earlier platform started.
   *
   * @param awaitsPage - whether it runs only once its page is there
   */
  adopt(supervisor: ProcessIdentity, awaitsPage: boolean): void {
    this.#pid = supervisor.pid;
    this.#supervised(supervisor.pid);
    this.#orLost(this.#watchAdopted());
    if (awaitsPage) this.#orLost(this.#awaitPage());
  }

  /** Ends it; resolves when it is over. */
  async terminate(): Promise<void> {
    const { options, closing } = this.#services;
    // A supervisor that has not begun must not begin now; where nothing can be written it cannot.
    await this.#files.claimForNobody().catch(() => undefined);
    if (!this.#isWatched) return;
    await askToEnd(this.run.id, this.#pid, options.confinement.sharesGroup);
    await waitAtMost(options.graceMs, this.#over);
    if (!this.#isWatched) return;
    await this.#kill();
    // A process that even SIGKILL does not end (it hangs in the kernel) must not hang the platform.
    await waitAtMost(killPatienceMs, this.#over, closing);
  }

  /**
   * Runs a further command in it.
   *
   * @param run - as it is described now
   */
  async enter(run: Run, plan: EntryPlan): Promise<Entry> {
    const { closing } = this.#services;
    for (let waited = 0; ; waited += entryStepMs) {
      try {
        return await this.#enterOnce(run, plan);
      } catch (error) {
        // A session may count as running before all that it needs is there.
        if (!(error instanceof NotThere) || waited >= entryPatienceMs) throw error;
      }
      await waitAtMost(entryStepMs, this.#over, closing);
      if (!this.#isWatched) throw new EntryRefused('it is not running');
    }
  }

  async usage(): Promise<RunUsage | undefined> {
    if (this.#pid === undefined) return undefined;
    const groups = this.#groups ?? (await this.#files.groups());
    const used = groups.exist ? await groups.usage() : undefined;
    return used ?? (await usageOf(this.run.id, this.#pid).catch(() => undefined));
  }

  /** False once it is over, or the platform closes. */
  get #isWatched(): boolean {
    return !this.#isOver && !this.#services.closing.aborted;
  }

  #located(run: Run): LocalRun {
    const { directoryOf, mounts } = this.#services.options;
    return withHostPaths(run, directoryOf, mounts);
  }

  async #start(): Promise<void> {
    const { options, launcher } = this.#services;
    const { run } = this;
    const page = run.page === undefined ? undefined : await this.#choosePage(run.page);
    const request = await this.#prepare(page);
    if (request === undefined) return;
    const listener: StartListener = {
      started: (pid) => {
        this.#pid = pid;
        this.#supervised(pid);
        if (page === undefined) options.listener.started(run.key);
        else this.#orLost(this.#awaitPage());
      },
      failed: (error) => this.#refuse(error),
      exited: (code) => this.#orLost(this.#childExited(code)),
      lost: () => this.#orLost(this.#orphaned()),
    };
    if (this.#standby === undefined) launcher.start(request, this.#files.log, listener);
    else this.#standby.start(run.key, request, listener);
  }

  async #choosePage({ port, socket }: NonNullable<Run['page']>): Promise<PagePlace> {
    const { pages, options } = this.#services;
    const { confinement } = options;
    const bySocket = socket && confinement.takesSocket(join(this.#files.page, socketName));
    const ownPort = confinement.ownPorts?.(this.run) === true ? port : undefined;
    return await pages.place(this.#files, bySocket, ownPort);
  }

  /** Makes what it needs on the disk, and says how it is started; undefined when it is over already. */
  async #prepare(page: PagePlace | undefined): Promise<SpawnRequest | undefined> {
    const { options, spare, standbys } = this.#services;
    const { run } = this;
    const files = this.#files;
    files.prepare(spare);
    this.#standby = this.#isSecondStart ? undefined : await standbys.take(run);
    const standby = this.#standby;
    const confined = await options.confinement.confine(this.#located(run), {
      files,
      page,
      spare,
      standby: standby?.place,
    });
    if (!this.#isWatched) return void this.#giveBack();
    if (confined.note !== undefined) options.listener.noted(run.key, confined.note);
    this.#untouched = [files.scratch, files.temporary].map((path) => [path, lastChange(path)]);
    // The programs around the session get a fixed environment; of its user's they have only words
    // that they hand on.
    const requestWith = async (most?: number): Promise<SpawnRequest> => {
      const { words, environment } = await packCommand(run.command, confined, most);
      return {
        words: [...confined.prefix, ...words],
        environment: { skaha_sessionid: run.id, ...environment },
      };
    };
    if (standby !== undefined) {
      this.#groups = standby.groups;
      return await requestWith();
    }
    const limits = options.limiter.prepare(run.key, run.limits);
    this.#groups = new RunGroups(limits.join);
    files.makeDirectory();
    const { countsProcesses } = options.confinement;
    const request = await requestWith(countsProcesses ? limits.processes : undefined);
    const supervisor = [options.scriptPaths.supervisor, files.directory, supervisorLines(limits)];
    const prefix = [...(confined.supervisorPrefix ?? []), '/bin/sh', ...supervisor];
    return { ...request, words: [...prefix, ...request.words] };
  }

  /** Lets the confinement do what is to be done beside a session that has its supervisor. */
  #supervised(pid: number): void {
    const { confinement, listener } = this.#services.options;
    const done = confinement.supervised?.(this.run, this.#files, pid).then((note) => {
      if (note !== undefined) listener.noted(this.run.key, note);
    });
    if (done !== undefined) this.#orLost(done);
  }

  /** A page runs once something listens there; one where nothing ever does is ended. */
  async #awaitPage(): Promise<void> {
    const { options, pages } = this.#services;
    const opened = await pages.opened(this.#files, () => this.#isWatched);
    if (opened === 'gone') return;
    if (opened === 'open') return options.listener.started(this.run.key);
    options.listener.noted(this.run.key, silentPage);
    await this.#kill();
  }

  async #enterOnce(run: Run, plan: EntryPlan): Promise<Entry> {
    const files = this.#files;
    const supervisor = await files.claimant();
    if (supervisor === undefined || !(await isAlive(supervisor))) {
      throw new NotThere('it is not running');
    }
    const port = await files.port();
    const socket = port === undefined ? ({ socket: true } as const) : { port };
    const page = run.page === undefined ? undefined : socket;
    const { confinement, scriptPaths } = this.#services.options;
    const entrance = await confinement.enter(this.#located(run), files, page, supervisor.pid);
    // What was found belongs to this run only as long as its supervisor has no other.
    if (!this.#isWatched) throw new EntryRefused('it is not running');
    return await runInSession({
      plan,
      entrance,
      script: scriptPaths.enter,
      state: files.directory,
      id: run.id,
      most: confinement.countsProcesses ? run.limits.processes : undefined,
      sharesGroup: confinement.sharesGroup,
    });
  }

  async #kill(): Promise<void> {
    // Its supervisor may have another run by now.
    if (!this.#isWatched) return;
    if (this.#pid !== undefined) signal(-this.#pid, 'SIGKILL');
    await endAll(this.run.id, this.#pid, this.#files, this.#groups);
  }

  async #childExited(code: number | null): Promise<void> {
    if (code === cannotRecord) return this.#refuse(new Error('its state cannot be written'));
    const { closing } = this.#services;
    const claimant = code === claimLost ? await this.#files.patientClaimant(closing) : undefined;
    // A supervisor that an earlier platform started may have been faster: then ours left at once.
    if (claimant !== undefined && (await isAlive(claimant))) {
      this.#pid = claimant.pid;
      this.#groups = undefined;
      this.#giveBack();
      return await this.#watchAdopted();
    }
    await this.#ended();
  }

  /** Its launcher or standby supervisor has ended: nobody reports what becomes of it, so we check. */
  async #orphaned(): Promise<void> {
    if (!this.#isWatched) return;
    const files = this.#files;
    const claimant = await files.patientClaimant(this.#services.closing);
    if (claimant === undefined && (this.#pid === undefined || this.#standby !== undefined)) {
      // It ended before it claimed this run, or before it recorded that: nobody else has claimed it.
      if (this.#standby !== undefined) await files.unclaimPending();
      this.#pid = undefined;
      this.#isSecondStart = true;
      return await this.#start();
    }
    this.#pid ??= claimant?.pid;
    await this.#watchAdopted();
  }

  async #watchAdopted(): Promise<void> {
    const claimant = await this.#files.claimant();
    if (claimant !== undefined) await this.#services.exits.exited(claimant);
    await this.#ended();
  }

  async #ended(): Promise<void> {
    const { options, closing } = this.#services;
    if (closing.aborted) return;
    const { run } = this;
    this.#groups ??= await this.#files.groups();
    const end = withCause(this.#files.endNow() ?? { status: undefined }, this.#groups);
    const problem = await this.#startProblem(end);
    if (problem !== undefined) return this.#refuse(new Error(problem));
    await this.#clear();
    this.#leave();
    this.#giveBack();
    const absent =
      end.status === notFound ? absentProgram(run.command[0], sessionPath()) : undefined;
    if (absent !== undefined) {
      const note: RunNote = { level: 'Warning', reason: 'Failed', message: absent };
      options.listener.noted(run.key, note);
    }
    options.listener.ended(run.key, end);
  }

  /** Why its command was never started; undefined when it was. */
  async #startProblem({ status }: RunEnd): Promise<string | undefined> {
    if (status === 0) return undefined;
    if (this.#files.isUnlimited()) return 'its limits cannot be applied';
    const { confinement } = this.#services.options;
    return confinement.failure(await this.#files.confinementReport(), status);
  }

  #refuse(error: unknown): void {
    const { options, closing } = this.#services;
    if (closing.aborted) return;
    this.#leave();
    // What stays is removed when the platform tidies up.
    void this.#clear()
      .catch(() => undefined)
      .then(() => this.#giveBack());
    options.listener.refused(this.run.key, `Cannot start the session: ${reasonOf(error)}`);
  }

  #leave(): void {
    this.#isOver = true;
    this.#services.forget(this);
    this.#finish();
  }

  /** Gives the standby supervisor back, once nothing here refers to it as this run's any more. */
  #giveBack(): void {
    const standby = this.#standby;
    this.#standby = undefined;
    if (standby !== undefined) this.#services.standbys.giveBack(standby);
  }

  /** Ends what is left of it, and empties what is its own for its time only. */
  async #clear(): Promise<void> {
    const { options, pages, spare } = this.#services;
    const { run } = this;
    const standby = this.#standby;
    // A supervisor that is alone can have another run; otherwise it ends with what is left of this one.
    if (standby === undefined || !(await standby.isAlone())) {
      if (this.#pid !== undefined && standby !== undefined) signal(-this.#pid, 'SIGKILL');
      await endAll(run.id, this.#pid, this.#files, this.#groups);
    }
    options.confinement.release?.(run);
    pages.forget(run.key);
    // Only where nothing can be left that still has them open.
    const gone =
      this.#groups?.exist === true
        ? this.#untouched.filter(([path, time]) => !Number.isNaN(time) && spare.keep(path, time))
        : [];
    const paths = gone.map(([path]) => path);
    await this.#files.emptyScratch(run.page !== undefined, paths).catch((error: unknown) => {
      options.logger.warn(`cannot empty the scratch space of ${run.key}: ${reasonOf(error)}`);
    });
  }

  #orLost(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { options, closing } = this.#services;
      if (!closing.aborted)
        options.logger.error(`lost sight of ${this.run.key}: ${reasonOf(error)}`);
    });
  }
}
