import { join } from 'node:path';
import type { RunLog } from '@skaha/engine/ports/logs.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import {
  type EarlierRun,
  type Entry,
  type EntryPlan,
  EntryRefused,
  type Isolation,
  type Recovered,
  type Run,
  type RunEnd,
  type Runner,
  type RunUsage,
} from '@skaha/engine/ports/runner.js';
import type { Volume } from '@skaha/engine/ports/volumes.js';
import { RunGroups } from './limits/cgroup.js';
import { withLimits } from './limits/limiter.js';
import { endAll } from './processes/end-processes.js';
import { ExitPoller } from './processes/exit-poller.js';
import { isAlive, signal } from './processes/processes.js';
import { usagesOf } from './processes/usage.js';
import { checkPacking } from './processes/variables.js';
import { removeOrphanedRuns } from './runs/orphaned-runs.js';
import { PageEndpoints } from './runs/page-endpoints.js';
import { type LocalRunnerOptions, ProcessRun, type RunServices } from './runs/process-run.js';
import { RunFiles, withCause } from './runs/run-files.js';
import { SpareFolders } from './runs/spare-folders.js';
import { Launcher } from './supervisors/launcher.js';
import { Standbys } from './supervisors/standby.js';

/**
 * Runs sessions as processes of this machine: each in its own process session, within its limits,
 * with a clean environment, a scratch directory and a log; confined or not.
 */
export class LocalRunner implements Runner {
  readonly name: string;
  readonly runsImages = false;
  readonly isolation: Isolation;
  readonly #options: LocalRunnerOptions;
  readonly #services: RunServices;
  readonly #runs = new Map<string, ProcessRun>();
  readonly #closing = new AbortController();

  constructor(options: LocalRunnerOptions) {
    const { confinement, limiter, clock } = options;
    const closing = this.#closing.signal;
    this.name = confinement.name;
    this.isolation = withLimits(confinement.isolation, limiter, confinement.countsProcesses);
    this.#options = options;
    this.#services = {
      options,
      closing,
      pages: new PageEndpoints(clock, closing, async (files) => {
        const supervisor = await files.claimant();
        if (supervisor === undefined) return undefined;
        return await confinement.reach?.(files, supervisor.pid);
      }),
      exits: new ExitPoller(clock, closing),
      launcher: new Launcher(options.scripts),
      standbys: new Standbys({
        script: options.scriptPaths.standby,
        sessions: options.sessions,
        directory: options.scripts,
        limiter,
        confinement,
      }),
      spare: new SpareFolders(join(options.scripts, 'spare')),
      forget: (one) => {
        if (this.#runs.get(one.run.key) === one) this.#runs.delete(one.run.key);
      },
    };
  }

  placeOf(volume: Volume): string {
    return this.#options.confinement.placeOf(volume);
  }

  obstacle({ kind, image, command, missing }: Run): string | undefined {
    if (missing !== undefined) return missing;
    if (command.length > 0) return undefined;
    if (kind === 'headless') {
      return `The image ${image} has no default command: give the session one`;
    }
    return (
      `The ${this.name} runner cannot run a ${kind} session of this image here: it uses the ` +
      'programs of this machine, and the catalogue has none for it. ' +
      'This one needs a platform that runs containers'
    );
  }

  launch(run: Run): void {
    // It may have been launched before.
    if (!this.#runs.has(run.key)) this.#track(run).launch();
  }

  #track(run: Run): ProcessRun {
    const one = new ProcessRun(run, this.#files(run.key), this.#services);
    this.#runs.set(run.key, one);
    return one;
  }

  async recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>> {
    checkPacking();
    // What an earlier platform launched just before it was killed may still be starting.
    await this.#services.launcher.predecessorGone();
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
      // A supervisor that is stopped after its claim would start the run when it continues.
      for (const pid of await files.pendingClaimants()) signal(pid, 'SIGKILL');
      // A standby supervisor may only now reach this run: claiming it here prevents that, or we wait for it.
      await files.claimForNobody();
      if ((await files.patientClaimant(this.#closing.signal)) !== undefined) {
        return await this.#recoverOne({ run, wasRunning });
      }
      await files.reset();
      return { state: 'unclaimed' };
    }
    if (await isAlive(claimant)) {
      const awaitsPage = run.page !== undefined && !wasRunning;
      this.#track(run).adopt(claimant, awaitsPage);
      return awaitsPage ? { state: 'pending', queued: false } : { state: 'running' };
    }
    const end = (await files.end()) ?? { status: undefined };
    return await this.#foundEnded(run, files, end, claimant.pid);
  }

  async #foundEnded(run: Run, files: RunFiles, end: RunEnd, pid?: number): Promise<Recovered> {
    const own = (await files.supervisorWentOn()) ? new RunGroups([]) : await files.groups();
    const full = withCause(end, own);
    await endAll(run.id, pid, files, own);
    await files.emptyScratch();
    return { state: 'ended', end: full };
  }

  async terminate({ key }: Run): Promise<void> {
    await this.#runs.get(key)?.terminate();
  }

  async endpoint(key: string): Promise<Endpoint | undefined> {
    return await this.#services.pages.endpoint(this.#files(key));
  }

  async enter(run: Run, plan: EntryPlan): Promise<Entry> {
    const one = this.#runs.get(run.key);
    if (one === undefined) throw new EntryRefused('it is not running');
    return await one.enter(run, plan);
  }

  async usage(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>> {
    return await usagesOf(keys, async (key) => await this.#runs.get(key)?.usage());
  }

  async logs(key: string): Promise<RunLog> {
    return await this.#files(key).readLog();
  }

  async purge(key: string): Promise<void> {
    this.#services.pages.forget(key);
    await this.#files(key).purge();
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    const { sessions, scratch, limiter } = this.#options;
    await removeOrphanedRuns(sessions, scratch, isKnown);
    await limiter.tidy(isKnown);
    await this.#services.spare.clear();
  }

  async close(): Promise<void> {
    const { launcher, standbys, pages } = this.#services;
    const { confinement, limiter } = this.#options;
    this.#closing.abort();
    this.#runs.clear();
    launcher.close();
    await standbys.close();
    pages.close();
    confinement.close?.();
    limiter.close();
  }

  #files(key: string): RunFiles {
    return new RunFiles(this.#options.sessions, this.#options.scratch, key);
  }
}
