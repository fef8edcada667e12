import { join } from 'node:path';
import type { RunLog } from '@skaha/engine/ports/logs.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import {
  type EarlierRun,
  type Entry,
  type EntryPlan,
  EntryRefused,
  type Isolation,
  NotThere,
  type Recovered,
  type Run,
  type RunEnd,
  type Runner,
  type RunnerOptions,
  type RunUsage,
} from '@skaha/engine/ports/runner.js';
import type { Volume } from '@skaha/engine/ports/volumes.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { Enclosure, PagePlace, Scripts } from './confinement.js';
import { RunGroups } from './limits/cgroup.js';
import { withLimits } from './limits/isolation.js';
import type { Limiter } from './limits/types.js';
import { type LocalRun, type Mount, withHostPaths } from './mounts.js';
import { obstacleFor } from './obstacle.js';
import { sessionPath } from './plain-process.js';
import { askToEnd, endAll } from './processes/end-processes.js';
import { AdoptedRuns } from './processes/exit-poller.js';
import { ownTime } from './processes/own-time.js';
import { isAlive, signal } from './processes/processes.js';
import { absentProgram } from './processes/program-aliases.js';
import { enterLocally } from './processes/session-command.js';
import type { StartOrder } from './processes/spawn.js';
import { usageOf } from './processes/usage.js';
import { usagesOf } from './processes/usages.js';
import { prepareToCarry } from './processes/variables.js';
import { clearLeftovers } from './runs/orphaned-runs.js';
import { PageDoor, silentPage } from './runs/page-endpoints.js';
import { RunFiles, socketName, withCause } from './runs/run-files.js';
import { fileLog } from './runs/run-log.js';
import { lastChange, SpareFolders } from './runs/spare-folders.js';
import { type Watched, WatchedRuns } from './runs/watched-runs.js';
import { Launcher, type StartListener } from './supervisors/launcher.js';
import { cannotRecord, claimLost } from './supervisors/scripts.js';
import { enclosedOrder, supervised } from './supervisors/session-start.js';
import { Standbys } from './supervisors/standby.js';

/** How long a session that is said to run may take to be there, and in what steps we look. */
const entryPatienceMs = 2_000;
const entryStepMs = 25;

/** How the starter ends when there is no such command. */
const notFound = 127;

/** How long to wait for a killed session to be gone. */
const killPatienceMs = 10_000;

/** What a runner of processes on this machine needs in addition to what every runner needs. */
export interface LocalRunnerOptions extends RunnerOptions {
  readonly starters: Pick<Scripts, 'enter' | 'supervisor' | 'standby'>;
  readonly enclosure: Enclosure;
  readonly limiter: Limiter;
  /** What every session finds besides what is its own. */
  readonly mounts: readonly Mount[];
}

/**
 * Runs sessions as processes of this machine: each in its own process session, within its limits,
 * with a clean environment, a scratch directory and a log; enclosed or bare.
 */
export class LocalRunner implements Runner {
  readonly name: string;
  readonly runsImages = false;
  readonly isolation: Isolation;
  readonly #options: LocalRunnerOptions;
  readonly #enclosure: Enclosure;
  readonly #watched = new WatchedRuns();
  readonly #door: PageDoor;
  readonly #adopted: AdoptedRuns;
  readonly #launcher: Launcher;
  readonly #standbys: Standbys;
  readonly #spare: SpareFolders;
  readonly #closing = new AbortController();

  constructor(options: LocalRunnerOptions) {
    this.#options = options;
    this.#enclosure = options.enclosure;
    this.#adopted = new AdoptedRuns(options.clock, this.#closing.signal);
    this.#launcher = new Launcher(options.scripts);
    const { sessions, scripts: place, limiter, starters } = options;
    const { enclosure } = options;
    this.#standbys = new Standbys({
      ...{ script: starters.standby, sessions, place, limiter, enclosure },
    });
    this.#spare = new SpareFolders(join(options.scripts, 'spare'));
    this.name = options.enclosure.name;
    this.isolation = withLimits(
      options.enclosure.isolation,
      options.limiter,
      options.enclosure.countsProcesses,
    );
    this.#door = new PageDoor(options.clock, this.#closing.signal, async (files) => {
      const supervisor = await files.claimant();
      return supervisor === undefined
        ? undefined
        : await this.#enclosure.reach?.(files, supervisor.pid);
    });
  }

  placeOf(volume: Volume): string {
    return this.#enclosure.placeOf(volume);
  }

  #located(run: Run): LocalRun {
    return withHostPaths(run, this.#options.directoryOf, this.#options.mounts);
  }

  obstacle(run: Run): string | undefined {
    return obstacleFor(run, this.name);
  }

  launch(run: Run): void {
    // It was launched before.
    if (this.#watched.get(run.key) !== undefined) return;
    const watched = this.#watched.add(run, this.#files(run.key));
    this.#start(watched).catch((error: unknown) => this.#refuse(watched, error));
  }

  async #ready(watched: Watched): Promise<StartOrder | undefined> {
    const { run, files } = watched;
    const place: PagePlace | undefined =
      run.page === undefined
        ? undefined
        : await this.#door.place(
            files,
            this.#hasSocket(run, files),
            this.#enclosure.ownPorts?.(run) === true ? run.page.port : undefined,
          );
    return await this.#order(watched, place);
  }

  async #start(watched: Watched): Promise<void> {
    const { run, files } = watched;
    const { page } = run;
    const order = await this.#ready(watched);
    if (order === undefined) return;
    const hurt = (error: unknown) => this.#lost(run.key, error);
    const listener: StartListener = {
      started: (pid) => {
        watched.pid = pid;
        this.#attend(watched, pid);
        if (page === undefined) this.#options.listener.started(run.key);
        else this.#awaitPage(watched).catch(hurt);
      },
      failed: (error) => this.#refuse(watched, error),
      exited: (code) => void this.#childExited(watched, code).catch(hurt),
      lost: () => void this.#orphaned(watched).catch(hurt),
    };
    if (watched.standby === undefined) this.#launcher.start(order, files.log, listener);
    else watched.standby.start(run.key, order, listener);
  }

  #attend({ run, files }: Watched, pid: number): void {
    this.#enclosure
      .attend?.(run, files, pid)
      .then((note) => {
        if (note !== undefined) this.#options.listener.noted(run.key, note);
      })
      .catch((error: unknown) => this.#lost(run.key, error));
  }

  #hasSocket({ page }: Run, files: RunFiles): boolean {
    return page?.socket === true && this.#enclosure.takesSocket(join(files.page, socketName));
  }

  /** A page runs once something listens there; one where nothing ever does is ended. */
  async #awaitPage(watched: Watched): Promise<void> {
    const { key } = watched.run;
    const opened = await this.#door.opened(watched.files, () => this.#watched.has(watched));
    if (opened === 'gone') return;
    if (opened === 'open') return this.#options.listener.started(key);
    this.#options.listener.noted(key, silentPage);
    await this.#kill(watched);
  }

  async #order(watched: Watched, place: PagePlace | undefined): Promise<StartOrder | undefined> {
    const { run, files } = watched;
    const { limiter, starters } = this.#options;
    files.prepare(this.#spare);
    watched.standby = watched.isAgain ? undefined : await this.#standbys.take(run);
    const enclosed = await this.#enclosure.enclose(this.#located(run), {
      files,
      page: place,
      spare: this.#spare,
      standing: watched.standby?.standing,
    });
    if (!this.#watched.has(watched)) return void this.#giveBack(watched);
    if (enclosed.note !== undefined) this.#options.listener.noted(run.key, enclosed.note);
    watched.untouched = [files.scratch, files.temporary].map((path) => [path, lastChange(path)]);
    const { id, command } = run;
    if (watched.standby !== undefined) {
      watched.groups = watched.standby.groups;
      return await enclosedOrder({ id, enclosed, command, most: undefined });
    }
    const plan = limiter.prepare(run.key, run.limits);
    watched.groups = new RunGroups(plan.join);
    const most = this.#enclosure.countsProcesses ? plan.processes : undefined;
    files.makeDirectory();
    const state = files.directory;
    const what = { script: starters.supervisor, state, id, enclosed, command, most };
    return await supervised({ ...what, limits: plan });
  }

  #refuse(watched: Watched, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#watched.remove(watched);
    // What stays is swept up later.
    void this.#clear(watched)
      .catch(() => undefined)
      .then(() => this.#giveBack(watched));
    const reason = `Cannot start the session: ${reasonOf(error)}`;
    this.#options.listener.refused(watched.run.key, reason);
  }

  async recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>> {
    prepareToCarry();
    // What an earlier platform asked for just before it was killed may only just be starting.
    await this.#launcher.predecessorGone();
    const found = runs.map(async (one) => [one.run.key, await this.#recoverOne(one)] as const);
    return new Map(await Promise.all(found));
  }

  async #recoverOne({ run, wasRunning }: EarlierRun): Promise<Recovered> {
    const files = this.#files(run.key);
    const ended = await files.end();
    if (ended !== undefined) return await this.#foundEnded(run, files, ended);
    const claimant = await files.patientClaimant(this.#closing.signal);
    if (claimant === undefined) {
      await endAll(run.id, undefined, files);
      // A standing supervisor that was asked for it may only now come to it: it must not, or we wait.
      await files.void();
      if ((await files.patientClaimant(this.#closing.signal)) !== undefined) {
        return await this.#recoverOne({ run, wasRunning });
      }
      await files.reset();
      return { state: 'unclaimed' };
    }
    if (await isAlive(claimant)) {
      const watched = this.#watched.add(run, files);
      watched.pid = claimant.pid;
      this.#attend(watched, claimant.pid);
      void this.#watchAdopted(watched);
      if (run.page === undefined || wasRunning) return { state: 'running' };
      this.#awaitPage(watched).catch((error: unknown) => this.#lost(run.key, error));
      return { state: 'pending', queued: false };
    }
    const end = (await files.end()) ?? { status: undefined };
    return await this.#foundEnded(run, files, end, claimant.pid);
  }

  async #foundEnded(run: Run, files: RunFiles, end: RunEnd, pid?: number): Promise<Recovered> {
    const own = (await files.isSucceeded()) ? new RunGroups([]) : await files.groups();
    const full = withCause(end, own);
    await endAll(run.id, pid, files, own);
    await files.emptyScratch();
    return { state: 'ended', end: full };
  }

  async terminate(run: Run): Promise<void> {
    const watched = this.#watched.get(run.key);
    if (watched === undefined) return;
    const { files, over } = watched;
    // A supervisor that has not begun must not begin now; where nothing can be written it cannot.
    await files.void().catch(() => undefined);
    if (!this.#watched.has(watched)) return;
    await askToEnd(run.id, watched.pid, this.#enclosure.isOutside);
    const calm = new AbortController();
    await Promise.race([over, ownTime(this.#options.graceMs, calm.signal)]);
    calm.abort();
    if (!this.#watched.has(watched)) return;
    await this.#kill(watched);
    // A process that even SIGKILL does not end (it hangs in the kernel) must not hang the platform.
    await Promise.race([over, ownTime(killPatienceMs, this.#closing.signal)]);
  }

  async #kill(watched: Watched): Promise<void> {
    // Its supervisor may have another run by now.
    if (!this.#watched.has(watched)) return;
    const { run, pid, files, groups } = watched;
    if (pid !== undefined) signal(-pid, 'SIGKILL');
    await endAll(run.id, pid, files, groups);
  }

  async endpoint(key: string): Promise<Endpoint | undefined> {
    return await this.#door.endpoint(this.#files(key));
  }

  async enter(run: Run, plan: EntryPlan): Promise<Entry> {
    const watched = this.#watched.get(run.key);
    if (watched === undefined) throw new EntryRefused('it is not running');
    for (let waited = 0; ; waited += entryStepMs) {
      try {
        return await this.#enterOnce(watched, run, plan);
      } catch (error) {
        // A session may be said to run before all that stands around it is there.
        if (!(error instanceof NotThere) || waited >= entryPatienceMs) throw error;
      }
      await ownTime(entryStepMs, this.#closing.signal);
      if (!this.#watched.has(watched)) throw new EntryRefused('it is not running');
    }
  }

  async #enterOnce(watched: Watched, run: Run, plan: EntryPlan): Promise<Entry> {
    const { files } = watched;
    const supervisor = await files.claimant();
    if (supervisor === undefined || !(await isAlive(supervisor))) {
      throw new NotThere('it is not running');
    }
    const port = await files.port();
    const socket = port === undefined ? ({ socket: true } as const) : { port };
    const place = run.page === undefined ? undefined : socket;
    const { starters } = this.#options;
    const { countsProcesses, isOutside } = this.#enclosure;
    const entrance = await this.#enclosure.enter(this.#located(run), files, place, supervisor.pid);
    // What was found is the run's only as long as its supervisor has no other.
    if (!this.#watched.has(watched)) throw new EntryRefused('it is not running');
    return await enterLocally({
      plan,
      entrance,
      script: starters.enter,
      state: files.directory,
      id: run.id,
      most: countsProcesses ? run.limits.processes : undefined,
      isOutside,
    });
  }

  async usage(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>> {
    return await usagesOf(keys, async (key) => await this.#usageOf(key));
  }

  async #usageOf(key: string): Promise<RunUsage | undefined> {
    const watched = this.#watched.get(key);
    if (watched?.pid === undefined) return undefined;
    const groups = watched.groups ?? (await watched.files.groups());
    const used = groups.exist ? await groups.usage() : undefined;
    return used ?? (await usageOf(watched.run.id, watched.pid).catch(() => undefined));
  }

  async logs(key: string): Promise<RunLog> {
    return await fileLog(this.#files(key).log);
  }

  async purge(key: string): Promise<void> {
    this.#door.forget(key);
    await this.#files(key).purge();
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    await clearLeftovers(this.#options.sessions, this.#options.scratch, isKnown);
    await this.#options.limiter.tidy(isKnown);
    await this.#spare.clear();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#watched.clear();
    this.#launcher.close();
    await this.#standbys.close();
    this.#door.close();
    this.#enclosure.close?.();
    this.#options.limiter.close();
  }

  #files(key: string): RunFiles {
    return new RunFiles(this.#options.sessions, this.#options.scratch, key);
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
      watched.groups = undefined;
      this.#giveBack(watched);
      await this.#watchAdopted(watched);
      return;
    }
    await this.#ended(watched);
  }

  /** Only once nobody takes the supervisor for the run's any more. */
  #giveBack(watched: Watched): void {
    const { standby } = watched;
    watched.standby = undefined;
    if (standby !== undefined) this.#standbys.giveBack(standby);
  }

  /** Nobody tells any more what becomes of a run: its launcher or supervisor went. We look ourselves. */
  async #orphaned(watched: Watched): Promise<void> {
    if (this.#closing.signal.aborted || !this.#watched.has(watched)) return;
    const claimant = await watched.files.patientClaimant(this.#closing.signal);
    if (claimant === undefined && (watched.pid === undefined || watched.standby !== undefined)) {
      // It went before it came to this one, or before it said that it had: nobody else has claimed it.
      if (watched.standby !== undefined) await watched.files.unclaimPending();
      watched.pid = undefined;
      watched.isAgain = true;
      return await this.#start(watched);
    }
    watched.pid ??= claimant?.pid;
    await this.#watchAdopted(watched);
  }

  async #watchAdopted(watched: Watched): Promise<void> {
    const claimant = await watched.files.claimant();
    if (claimant !== undefined) await this.#adopted.gone(claimant);
    await this.#ended(watched);
  }

  async #ended(watched: Watched): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { run, files } = watched;
    watched.groups ??= await files.groups();
    const end = withCause(files.endNow() ?? { status: undefined }, watched.groups);
    const problem = await this.#problem(watched, end);
    if (problem !== undefined) return this.#refuse(watched, new Error(problem));
    await this.#clear(watched);
    this.#watched.remove(watched);
    this.#giveBack(watched);
    const absent =
      end.status === notFound ? absentProgram(run.command[0], sessionPath()) : undefined;
    if (absent !== undefined) {
      const note = { level: 'Warning', reason: 'Failed', message: absent } as const;
      this.#options.listener.noted(run.key, note);
    }
    this.#options.listener.ended(run.key, end);
  }

  /** Why its command was never started; undefined when it was. */
  async #problem({ files }: Watched, { status }: RunEnd): Promise<string | undefined> {
    if (status === 0) return undefined;
    if (files.isUnlimited()) return 'its limits cannot be applied';
    return this.#enclosure.failure(await files.enclosureReport(), status);
  }

  /** Ends what is left of a run, and empties what is its own for its time only. */
  async #clear({ run, pid, files, groups, standby, untouched }: Watched): Promise<void> {
    // A supervisor that is alone can go on to another run; else it goes with what is left of this one.
    if (standby === undefined || !(await standby.isAlone())) {
      if (pid !== undefined && standby !== undefined) signal(-pid, 'SIGKILL');
      await endAll(run.id, pid, files, groups);
    }
    this.#enclosure.release?.(run);
    this.#door.forget(run.key);
    // Only where nothing can be left that still has them open.
    const gone =
      groups?.exist === true
        ? untouched.filter(([path, time]) => !Number.isNaN(time) && this.#spare.keep(path, time))
        : [];
    const paths = gone.map(([path]) => path);
    await files.emptyScratch(run.page !== undefined, paths).catch((error: unknown) => {
      this.#options.logger.warn(`cannot empty the scratch space of ${run.key}: ${reasonOf(error)}`);
    });
  }

  #lost(key: string, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#options.logger.error(`lost sight of ${key}: ${reasonOf(error)}`);
  }
}
