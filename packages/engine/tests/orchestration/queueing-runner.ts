import { Readable } from 'node:stream';
import { admitAll } from '../../src/ports/admission.js';
import type { RunLog } from '../../src/ports/logs.js';
import type {
  EarlierRun,
  Entry,
  Recovered,
  RegistryLogin,
  Run,
  Runner,
  RunnerListener,
} from '../../src/ports/runner.js';
import { EntryRefused } from '../../src/ports/runner.js';
import type { Volume } from '../../src/ports/volumes.js';

/**
 * A runner with a queue of its own, as a cluster has one. What it knows outlives the platforms that
 * use it; whoever tries it decides what becomes of each run.
 */
export class Cluster {
  /** Its jobs, by their names. */
  readonly jobs = new Map<string, Run>();
  readonly logins = new Map<string, RegistryLogin>();
  readonly capacity = { cores: 1000, memory: 2 ** 42 };
  /** How often it was asked for all of its jobs. */
  lists = 0;
  /** Set while it takes no change. */
  refusal: string | undefined;
  /** What is said of a job that is looked for; that it waits, by default. */
  readonly states = new Map<string, Recovered>();

  runner(listener: RunnerListener): Runner {
    return new QueueingRunner(this, listener);
  }
}

class QueueingRunner implements Runner {
  readonly name = 'queueing';
  readonly isolation = { isolates: [], lacks: [] };
  readonly runsImages = true;
  readonly hasGpus = true;
  readonly admission;
  readonly #cluster: Cluster;
  readonly #listener: RunnerListener;

  constructor(cluster: Cluster, listener: RunnerListener) {
    this.#cluster = cluster;
    this.#listener = listener;
    this.admission = admitAll(() => cluster);
  }

  placeOf(volume: Volume): string {
    return volume.kind === 'home' ? `/arc/home/${volume.user}` : `/${volume.kind}`;
  }

  obstacle(): undefined {
    return undefined;
  }

  async keepLogin(key: string, login: RegistryLogin): Promise<void> {
    if (this.#cluster.refusal !== undefined) throw new Error(this.#cluster.refusal);
    this.#cluster.logins.set(key, login);
  }

  launch(run: Run): void {
    this.#cluster.jobs.set(run.job, run);
    this.#listener.pending(run.key, {
      queued: true,
      note: { level: 'Normal', reason: 'Pending', message: 'position 3 in the queue of ada' },
    });
  }

  async recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>> {
    this.#cluster.lists += 1;
    return new Map(
      runs.map(({ run, wasRunning }): [string, Recovered] => {
        const told = this.#cluster.states.get(run.key);
        if (told !== undefined) return [run.key, told];
        if (this.#cluster.jobs.has(run.job)) return [run.key, { state: 'pending', queued: true }];
        if (!wasRunning) return [run.key, { state: 'unclaimed' }];
        return [
          run.key,
          { state: 'ended', end: { status: undefined, cause: { reason: 'Deleted' } } },
        ];
      }),
    );
  }

  async renew(run: Run): Promise<void> {
    if (this.#cluster.refusal !== undefined) throw new Error(this.#cluster.refusal);
    this.#cluster.jobs.set(run.job, run);
  }

  async terminate(run: Run): Promise<void> {
    this.#cluster.jobs.delete(run.job);
    this.#listener.ended(run.key, { status: undefined });
  }

  async endpoint(): Promise<undefined> {
    return undefined;
  }

  async usage(): Promise<ReadonlyMap<string, never>> {
    return new Map<string, never>();
  }

  async enter(): Promise<Entry> {
    throw new EntryRefused('it has no door');
  }

  async logs(): Promise<RunLog> {
    return { size: undefined, stream: () => Readable.from([Buffer.from('said')]) };
  }

  async purge(key: string): Promise<void> {
    this.#cluster.logins.delete(key);
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    for (const [name, { key }] of this.#cluster.jobs) {
      if (!isKnown(key)) this.#cluster.jobs.delete(name);
    }
  }

  async close(): Promise<void> {
    // Nothing is watched.
  }
}
