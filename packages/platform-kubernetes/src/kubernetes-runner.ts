import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '@skaha/base/clock.js';
import type { Admission } from '@skaha/engine/ports/admission.js';
import type { RunLog } from '@skaha/engine/ports/logs.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import type {
  EarlierRun,
  Entry,
  EntryPlan,
  Isolation,
  Recovered,
  RegistryLogin,
  Run,
  RunNote,
  Runner,
  RunnerOptions,
  RunUsage,
} from '@skaha/engine/ports/runner.js';
import { EntryRefused } from '@skaha/engine/ports/runner.js';
import { placeInside } from '@skaha/engine/ports/volumes.js';
import { reasonOf } from '@skaha/service/errors.js';
import { Board } from './board.js';
import { ClusterCapacity } from './capacity.js';
import { resources } from './client/client.js';
import { isMissing, isPassing } from './client/failure.js';
import { EventMark } from './event-mark.js';
import { endOf, refusalOf } from './facts.js';
import { KeptLogs } from './kept-logs.js';
import { Launching } from './launching.js';
import { removeOrphanedObjects } from './orphaned-objects.js';
import { type PageDoor, PodPages } from './pages.js';
import { retried } from './retrying.js';
import { enterPod } from './session-command.js';
import { lateness, SessionRun, type SessionRunOptions } from './session-run.js';
import type { Cluster, Surroundings } from './surroundings.js';
import { PodUsage } from './usage.js';

/** How long a platform that stops waits for the cluster. */
const farewellMs = 3_000;

/** Runs each session as a Job of a Kubernetes cluster, from its real image. */
export class KubernetesRunner implements Runner {
  readonly name = 'kubernetes';
  readonly runsImages = true;
  readonly hasGpus = true;
  readonly isolation: Isolation;
  readonly admission: Admission;
  readonly #options: RunnerOptions;
  readonly #surroundings: Surroundings;
  readonly #board: Board;
  readonly #launching: Launching;
  readonly #logs: KeptLogs;
  readonly #pages: PageDoor;
  readonly #usage: PodUsage;
  readonly #capacity: ClusterCapacity;
  readonly #runs = new Map<string, SessionRun>();
  readonly #closing = new AbortController();
  readonly #troubleBySource = new Map<string, string>();
  readonly #mark: EventMark;
  readonly #session: SessionRunOptions;
  #isWatching = false;

  constructor(cluster: Cluster, options: RunnerOptions, version: string) {
    this.#options = options;
    // All that is under way is given up by this one.
    setMaxListeners(0, this.#closing.signal);
    this.isolation = isolationOf(cluster);
    this.#surroundings = {
      cluster,
      instance: options.instance,
      // A cluster takes its own time, whatever clock the platform goes by.
      clock: systemClock,
      logger: options.logger,
      closing: this.#closing.signal,
      folderOf: (key) => join(options.sessions, key),
    };
    this.#mark = new EventMark(options.scripts);
    this.#logs = new KeptLogs(this.#surroundings);
    this.#pages = new PodPages(this.#surroundings);
    this.#usage = new PodUsage(this.#surroundings);
    this.#capacity = new ClusterCapacity(this.#surroundings);
    this.admission = this.#capacity.admission;
    this.#launching = new Launching(this.#surroundings, {
      settings: cluster.settings,
      instance: options.instance,
      version,
      graceMs: options.graceMs,
      ownUid: process.getuid?.(),
      placeOf: this.placeOf,
      directoryOf: options.directoryOf,
    });
    this.#board = this.#openBoard();
    this.#session = this.#sessionOptions();
  }

  #openBoard(): Board {
    const { cluster, instance, clock, closing } = this.#surroundings;
    return new Board(
      {
        client: cluster.client,
        namespace: cluster.namespace,
        instance,
        clock,
        signal: closing,
        workloads: cluster.kueue?.workloads,
        lastEvent: this.#mark.read(),
      },
      {
        changed: (key) => this.#runs.get(key)?.look(),
        noted: (key, note) => this.#noted(key, note),
        outOfTouch: (trouble) => this.#reportTrouble('watch', trouble),
      },
    );
  }

  #sessionOptions(): SessionRunOptions {
    const { listener, graceMs } = this.#options;
    return {
      surroundings: this.#surroundings,
      board: this.#board,
      launching: this.#launching,
      logs: this.#logs,
      pages: this.#pages,
      listener,
      graceMs,
      trouble: (trouble) => this.#reportTrouble('launch', trouble),
      over: (run) => {
        if (this.#runs.get(run.key) === run) this.#runs.delete(run.key);
        this.#usage.forget(run.key);
      },
    };
  }

  readonly placeOf = placeInside;

  #noted(key: string, note: RunNote): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    this.#options.listener.noted(key, note);
    const refusal = refusalOf(note);
    if (refusal !== undefined) run.refuse(refusal);
  }

  /** Whether an image has what a session needs shows on the cluster. */
  obstacle(): undefined {
    return undefined;
  }

  async keepLogin(key: string, login: RegistryLogin): Promise<void> {
    await this.#launching.keepLogin(key, login);
  }

  launch(run: Run): void {
    if (this.#runs.has(run.key)) return;
    this.#watch();
    this.#track(run).launch();
  }

  #track(run: Run): SessionRun {
    const one = new SessionRun(run, this.#session);
    this.#runs.set(run.key, one);
    return one;
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#board.watch();
    this.#mark.keep(() => this.#board.lastEvent, this.#closing.signal);
  }

  async recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>> {
    try {
      await this.#board.read();
    } catch (error) {
      const { logger } = this.#options;
      logger.warn(`the cluster cannot be asked what runs: ${reasonOf(error)}`);
      this.#reportTrouble('watch', reasonOf(error));
      void this.#recoverLater(runs);
      return new Map(runs.map(({ run }) => [run.key, { state: 'unknown' }]));
    }
    this.#watch();
    const found = await Promise.all(
      runs.map(async ({ run, wasRunning }) => {
        return [run.key, await this.#recoverOne(run, wasRunning)] as const;
      }),
    );
    return new Map(found);
  }

  async #recoverOne(run: Run, wasRunning: boolean): Promise<Recovered> {
    const known = this.#runs.get(run.key);
    if (known !== undefined) return known.standing();
    if (this.#board.job(run.key) === undefined && this.#board.pod(run.key) === undefined) {
      // What ran and is not there any more was removed by somebody.
      return wasRunning
        ? { state: 'ended', end: endOf(undefined, this.#board.lastPod(run.key), false) }
        : { state: 'unclaimed' };
    }
    return await this.#track(run).adopt(wasRunning);
  }

  /** A cluster that does not answer when the platform starts is asked until it does. */
  async #recoverLater(runs: readonly EarlierRun[]): Promise<void> {
    const signal = this.#closing.signal;
    const { listener } = this.#options;
    try {
      await retried({ clock: systemClock, signal, mayPass: () => true }, async () => {
        await this.#board.read();
      });
      this.#reportTrouble('watch', undefined);
      this.#watch();
      for (const { run, wasRunning } of runs) {
        if (this.#runs.has(run.key)) continue;
        const found = await this.#recoverOne(run, wasRunning);
        if (found.state === 'unclaimed') this.launch(run);
        if (found.state === 'ended') listener.ended(run.key, found.end);
        if (found.state === 'running') listener.started(run.key, found.at);
        if (found.state === 'pending') listener.pending(run.key, found);
      }
    } catch {
      // Closed meanwhile.
    }
  }

  async renew(run: Run): Promise<void> {
    const job = this.#board.job(run.key);
    if (job === undefined) throw new Error('its Job does not exist');
    const { client, namespace } = this.#surroundings.cluster;
    const seconds = Math.ceil(run.lifetimeSeconds + lateness(job, this.#board.pod(run.key)));
    const change = { spec: { activeDeadlineSeconds: seconds } };
    await client.patch(resources.jobs, namespace, job.name, change, this.#closing.signal);
  }

  async terminate(run: Run): Promise<void> {
    await this.#runs.get(run.key)?.terminate();
  }

  async endpoint(key: string): Promise<Endpoint | undefined> {
    const port = this.#runs.get(key)?.run.page?.port;
    const pod = this.#board.pod(key);
    return port === undefined || pod?.isRunning !== true
      ? undefined
      : this.#pages.endpoint(pod, port);
  }

  async logs(key: string): Promise<RunLog> {
    return await this.#logs.read(key, this.#board.pod(key)?.name);
  }

  async usage(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>> {
    return await this.#usage.of(keys);
  }

  async enter(run: Run, plan: EntryPlan): Promise<Entry> {
    const pod = this.#board.pod(run.key);
    if (pod?.isRunning !== true || this.#runs.get(run.key)?.isUnwanted === true) {
      throw new EntryRefused('its pod is not running');
    }
    return await enterPod(this.#surroundings.cluster, pod.name, plan);
  }

  async purge(key: string): Promise<void> {
    const job = this.#board.job(key);
    if (job !== undefined) await this.#remove(job.name);
    this.#board.forget(key);
    await this.#logs.forget(key);
  }

  /** Removes a Job, with all that belongs to it. */
  async #remove(name: string): Promise<void> {
    const { client, namespace } = this.#surroundings.cluster;
    const signal = this.#closing.signal;
    await retried({ clock: systemClock, signal, mayPass: isPassing }, async () => {
      await client.delete(resources.jobs, namespace, name, undefined, signal);
    }).catch((error: unknown) => {
      // What stays is tidied up at the next start.
      if (!isMissing(error) && !signal.aborted) throw error;
    });
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    const { sessions, scratch } = this.#options;
    await removeOrphanedObjects(this.#surroundings, {
      sessions,
      scratch,
      launching: this.#launching,
      isKnown,
    });
  }

  async close(): Promise<void> {
    this.#mark.write(this.#board.lastEvent);
    // A Job that was just made may not have been seen yet.
    const isBare = this.#runs.size === 0 && this.#board.isEmpty;
    if (isBare) await this.#launching.clearShared(AbortSignal.timeout(farewellMs));
    this.abandon();
  }

  abandon(): void {
    this.#closing.abort();
    this.#runs.clear();
    this.#capacity.close();
    this.#surroundings.cluster.client.close();
  }

  #reportTrouble(source: string, trouble: string | undefined): void {
    const before = [...this.#troubleBySource.values()][0];
    if (trouble === undefined) this.#troubleBySource.delete(source);
    else this.#troubleBySource.set(source, trouble);
    const now = [...this.#troubleBySource.values()][0];
    if (before !== now && !this.#closing.signal.aborted) this.#options.listener.outOfTouch(now);
  }
}

function isolationOf({ version, server, settings }: Cluster): Isolation {
  return {
    isolates: [
      `files, processes, memory and cores of each session, in a separate pod (Kubernetes ${version} at ${server})`,
      ...(settings.networkPolicy
        ? ['the network of each user, if the cluster enforces NetworkPolicies']
        : []),
    ],
    lacks: [
      'the kernel, which all pods of a node share',
      ...(settings.networkPolicy ? [] : ['the network of the cluster']),
    ],
  };
}
