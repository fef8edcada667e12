import type { Clock } from '@skaha/base/clock.js';
import type { RunNote } from '@skaha/engine/ports/runner.js';
import { type KubernetesClient, type Resource, resources } from './client/client.js';
import type { ClusterEvent, Job, Pod, Workload } from './client/types.js';
import { Watch, type WatchListener } from './client/watch.js';
import { type JobFacts, jobFacts, noteOf, type PodFacts, podFacts, queueNote } from './facts.js';
import { jobOfWorkload } from './kueue.js';
import { ofInstance } from './names.js';
import { QueuePlaces } from './queue-places.js';

/** What a board works with. */
export interface BoardOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly instance: string;
  readonly clock: Clock;
  /** Ends all watching. */
  readonly signal: AbortSignal;
  /** The workloads of Kueue, where sessions wait in its queues. */
  readonly workloads: Resource | undefined;
  /** The version of the last event that was reported. */
  readonly lastEvent: string | undefined;
}

/** Called with what changes on a board. */
export interface BoardListener {
  /** The Job or a pod of a session is another than before. */
  changed(key: string): void;
  noted(key: string, note: RunNote): void;
  /** Whether the cluster can be watched; the reason why not. */
  outOfTouch(trouble: string | undefined): void;
}

/** Events of pods that were not seen yet are kept for as many names. */
const mostEarly = 256;

/** Places in queues are reported this long after they changed: they change all at once. */
const placesMs = 1_000;

/** What of a platform's sessions is known of the cluster at this moment. */
export class Board {
  readonly #listener: BoardListener;
  readonly #jobs = new Map<string, JobFacts>();
  /** By key, the pods of a Job: one, but for the time in which one takes another's place. */
  readonly #pods = new Map<string, Map<string, PodFacts>>();
  /** Keys by the names of Jobs and of pods. */
  readonly #keys = new Map<string, string>();
  /** Why Jobs wait in a queue, by their names. */
  readonly #queueNotes = new Map<string, RunNote>();
  readonly #places = new QueuePlaces();
  #arePlacesDue = false;
  readonly #early = new Map<string, ClusterEvent[]>();
  /** The message that was reported last, by the names of events. */
  readonly #lastMessages = new Map<string, string>();
  readonly #lost = new Map<string, string>();
  readonly #watches: readonly Watch<never>[];
  readonly #events: Watch<ClusterEvent>;
  readonly #options: BoardOptions;

  constructor(options: BoardOptions, listener: BoardListener) {
    this.#options = options;
    this.#listener = listener;
    const { namespace, instance, workloads } = options;
    const ours = { namespace, labels: ofInstance(instance) };
    const pods = new Watch<Pod>(options, resources.pods, ours, {
      changed: (pod) => this.#podChanged(pod),
      removed: (name, pod) => this.#podRemoved(name, pod),
      ...this.#touch('pods'),
    });
    const jobs = new Watch<Job>(options, resources.jobs, ours, {
      changed: (job) => this.put(job),
      removed: (name) => this.#jobRemoved(name),
      ...this.#touch('jobs'),
    });
    const queue =
      workloads &&
      new Watch<Workload>(
        options,
        workloads,
        { namespace },
        {
          changed: (workload) => this.#queueChanged(workload),
          removed: (name) => {
            this.#places.remove(name);
            void this.#tellPlaces();
          },
        },
      );
    this.#watches = [jobs, pods, ...(queue === undefined ? [] : [queue])];
    // What happened before was reported by the platform of that time.
    this.#events = new Watch<ClusterEvent>(
      options,
      resources.events,
      { namespace },
      {
        changed: (event) => this.#happened(event),
        removed: (name) => this.#lastMessages.delete(name),
      },
      { from: options.lastEvent ?? 'now' },
    );
  }

  /**
   * Reads all there is.
   *
   * @throws {KubernetesError} when that cannot be
   */
  async read(): Promise<void> {
    // Jobs last: the pod of a Job that is over has been seen by then.
    for (const watch of this.#watches.toReversed()) await watch.list();
  }

  /** Watches until the signal ends it. */
  watch(): void {
    for (const watch of this.#watches) void watch.run();
    void this.#events.run();
  }

  /** From where another platform may go on to hear events. */
  get lastEvent(): string {
    return this.#events.version;
  }

  job(key: string): JobFacts | undefined {
    return this.#jobs.get(key);
  }

  /** Whether there is no Job of this platform. */
  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** The newest pod of a session. */
  pod(key: string): PodFacts | undefined {
    const pods = [...(this.#pods.get(key)?.values() ?? [])];
    return pods.toSorted((a, b) => b.createdAt - a.createdAt)[0];
  }

  /** Why a session waits in a queue. */
  queueNote(key: string): RunNote | undefined {
    return this.#queueNotes.get(this.#jobs.get(key)?.name ?? '');
  }

  /** Takes note of a Job as it is now. */
  put(job: Job): void {
    const facts = jobFacts(job);
    this.#jobs.set(facts.key, facts);
    this.#learn(facts.name, facts.key);
    this.#listener.changed(facts.key);
  }

  /** Takes note of a pod as it is now. */
  putPod(pod: Pod): void {
    const facts = podFacts(pod);
    const pods = this.#pods.get(facts.key) ?? new Map<string, PodFacts>();
    this.#pods.set(facts.key, pods.set(facts.name, facts));
  }

  #podChanged(pod: Pod): void {
    this.putPod(pod);
    const { key, name } = podFacts(pod);
    this.#learn(name, key);
    this.#listener.changed(key);
  }

  #podRemoved(name: string, pod: Pod | undefined): void {
    const key = this.#keys.get(name);
    this.#keys.delete(name);
    if (key === undefined) return;
    const pods = this.#pods.get(key);
    // How it ended may be in its last state only.
    const last = pod === undefined ? pods?.get(name) : podFacts(pod);
    pods?.delete(name);
    if (pods?.size === 0) this.#pods.delete(key);
    if (last !== undefined) this.#lastPods.set(key, last);
    this.#listener.changed(key);
  }

  /** Pods that are gone, of sessions that are not over for their owner. */
  readonly #lastPods = new Map<string, PodFacts>();

  /** The newest pod of a session, also when it is gone. */
  lastPod(key: string): PodFacts | undefined {
    return this.pod(key) ?? this.#lastPods.get(key);
  }

  #jobRemoved(name: string): void {
    const key = this.#keys.get(name);
    this.#keys.delete(name);
    this.#queueNotes.delete(name);
    if (key === undefined || this.#jobs.get(key)?.name !== name) return;
    this.#jobs.delete(key);
    this.#listener.changed(key);
  }

  /** Forgets what is of no interest any more, as the session is over. */
  forget(key: string): void {
    this.#lastPods.delete(key);
  }

  #queueChanged(workload: Workload): void {
    this.#places.put(workload);
    void this.#tellPlaces();
    const name = jobOfWorkload(workload);
    if (name === undefined) return;
    const note = queueNote(workload);
    if (note === undefined) this.#queueNotes.delete(name);
    else this.#queueNotes.set(name, note);
    const key = this.#keys.get(name);
    if (key !== undefined) this.#listener.changed(key);
  }

  async #tellPlaces(): Promise<void> {
    if (this.#arePlacesDue) return;
    this.#arePlacesDue = true;
    const { clock, signal } = this.#options;
    await clock.sleep(placesMs, signal).catch(() => undefined);
    this.#arePlacesDue = false;
    if (signal.aborted) return;
    for (const [name, note] of this.#places.news((job) => this.#keys.has(job))) {
      const key = this.#keys.get(name);
      if (key !== undefined) this.#listener.noted(key, note);
    }
  }

  #happened(event: ClusterEvent): void {
    const { kind = '', name = '' } = event.involvedObject;
    if (kind !== 'Job' && kind !== 'Pod') return;
    const key = this.#keys.get(name);
    if (key === undefined) this.#keepEarly(name, event);
    else this.#report(key, event);
  }

  #report(key: string, event: ClusterEvent): void {
    const note = noteOf(event);
    const id = event.metadata.name ?? '';
    // The same again, only counted.
    if (note === undefined || this.#lastMessages.get(id) === note.message) return;
    this.#lastMessages.set(id, note.message);
    this.#listener.noted(key, note);
  }

  /** An event may come before the pod that it is about: they are watched apart. */
  #keepEarly(name: string, event: ClusterEvent): void {
    this.#early.set(name, [...(this.#early.get(name) ?? []), event].slice(-16));
    const [oldest] = this.#early.keys();
    if (this.#early.size > mostEarly && oldest !== undefined) this.#early.delete(oldest);
  }

  #learn(name: string, key: string): void {
    this.#keys.set(name, key);
    const early = this.#early.get(name);
    if (early === undefined) return;
    this.#early.delete(name);
    for (const event of early) this.#report(key, event);
  }

  #touch(name: string): Pick<WatchListener<never>, 'lost' | 'back'> {
    return {
      lost: (reason) => {
        this.#lost.set(name, reason);
        this.#listener.outOfTouch(reason);
      },
      back: () => {
        this.#lost.delete(name);
        if (this.#lost.size === 0) this.#listener.outOfTouch(undefined);
      },
    };
  }
}
