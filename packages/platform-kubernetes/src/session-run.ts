import type {
  Recovered,
  Run,
  RunEnd,
  RunnerListener,
  Waiting,
} from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { Board } from './board.js';
import { resources } from './client/client.js';
import { isMissing, isPassing } from './client/failure.js';
import type { ObjectList, Pod } from './client/types.js';
import {
  endOf,
  isCutOff,
  type JobFacts,
  type PodFacts,
  standingOf,
  startFailure,
} from './facts.js';
import type { KeptLogs } from './kept-logs.js';
import { type Launching, LaunchRefused, refusedBy } from './launching.js';
import { isRestarted } from './names.js';
import type { PageDoor } from './pages.js';
import { retried } from './retrying.js';
import { SessionLog } from './session-log.js';
import type { Surroundings } from './surroundings.js';

/** What the sessions of a runner share. */
export interface SessionRunOptions {
  readonly surroundings: Surroundings;
  readonly board: Board;
  readonly launching: Launching;
  readonly logs: KeptLogs;
  readonly pages: PageDoor;
  readonly listener: RunnerListener;
  readonly graceMs: number;
  trouble(trouble: string | undefined): void;
  /** Called once it is over, before its end is reported. */
  over(run: SessionRun): void;
}

/** A node may be gone that is asked to end a pod: no session waits for it longer than this. */
const endPatienceMs = 60_000;

/** How long a node that nobody hears of may take to come back and end what it was asked to. */
const lossPatienceMs = 30_000;

/** Lifetimes are made longer by a wait that is longer than this. */
const lateSeconds = 30;

/** How much later the command of a Job began than its lifetime on the cluster, in seconds. */
export const lateness = (job: JobFacts, pod: PodFacts | undefined): number =>
  Math.max(0, ((pod?.startedAt ?? 0) - (job.startedAt ?? Number.POSITIVE_INFINITY)) / 1000);

/** A session on the cluster, from its launch to its end. */
export class SessionRun {
  readonly run: Run;
  readonly #options: SessionRunOptions;
  readonly #log: SessionLog;
  readonly #stop = new AbortController();
  /** Whether its Job was made, or found. */
  #isThere = false;
  #isOver = false;
  /** What was reported last, so that it is reported once. */
  #lastReport = '';
  /** The pod whose node nobody hears of. */
  #lossOf: string | undefined;
  /** The pod that was seen last, and how often its command was started again by then. */
  #seen: Pick<PodFacts, 'uid' | 'restarts'> | undefined;
  #isOpening = false;
  #isPageOpen = false;
  #finish: () => void = () => undefined;
  readonly #finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });
  isUnwanted = false;

  constructor(run: Run, options: SessionRunOptions) {
    this.run = run;
    this.#options = options;
    this.#log = new SessionLog(run.key, options.logs, options.surroundings);
  }

  get key(): string {
    return this.run.key;
  }

  launch(): void {
    void this.#launch();
  }

  async #launch(): Promise<void> {
    const { launching, listener, board, surroundings } = this.#options;
    try {
      const signal = AbortSignal.any([this.#stop.signal, surroundings.closing]);
      const job = await launching.launch(this.run, signal, {
        waits: (note) => listener.pending(this.key, { queued: true, note }),
        noted: (note) => listener.noted(this.key, note),
        outOfTouch: (trouble) => this.#options.trouble(trouble),
      });
      this.#isThere = true;
      board.put(job);
      if (this.isUnwanted) await this.#delete();
    } catch (error) {
      if (surroundings.closing.aborted) return;
      // A request may have reached the cluster before it was given up.
      if (this.isUnwanted) {
        this.#isThere = true;
        await this.#delete();
        return this.look();
      }
      this.#isOver = true;
      this.#options.over(this);
      const words =
        error instanceof LaunchRefused
          ? error.message
          : `Cannot start the session: ${reasonOf(error)}`;
      listener.refused(this.key, words);
      this.#finish();
    }
  }

  /**
   * The cluster will never have a pod of it.
   *
   * @param why - in the words of the cluster
   */
  refuse(why: string): void {
    if (this.#isOver || this.isUnwanted) return;
    this.#isOver = true;
    void this.#delete();
    this.#options.over(this);
    this.#options.listener.refused(this.key, refusedBy(why));
    this.#finish();
  }

  /**
   * Takes up what an earlier platform launched.
   *
   * @param wasRunning - whether that platform saw it run
   */
  async adopt(wasRunning: boolean): Promise<Recovered> {
    this.#isThere = true;
    const { board } = this.#options;
    const [job, pod] = [board.job(this.key), board.pod(this.key)];
    const standing = standingOf(job, pod);
    if (standing.state === 'ended') {
      this.#isOver = true;
      this.#options.over(this);
      return { state: 'ended', end: await this.#end(job, false) };
    }
    // Where it ran, its page was open once; whether it is now shows when it is asked for.
    this.#isPageOpen = wasRunning && standing.state === 'running';
    this.#seen = pod;
    const found = this.standing();
    this.#lastReport = wordOf(found);
    if (!wasRunning && job !== undefined) void this.#options.launching.complete(this.run, job);
    if (standing.state === 'running') this.#runs(standing.at, pod);
    return found;
  }

  standing(): Recovered {
    const { board } = this.#options;
    const standing = standingOf(board.job(this.key), board.pod(this.key));
    if (standing.state === 'running' && this.#isReady) return { state: 'running', at: standing.at };
    const isQueued = standing.state !== 'starting' && standing.state !== 'running';
    return { state: 'pending', ...this.#waiting(isQueued) };
  }

  /** Whether nothing but its command is waited for. */
  get #isReady(): boolean {
    return this.run.page === undefined || this.#isPageOpen;
  }

  #waiting(queued: boolean): Waiting {
    const { board } = this.#options;
    const pod = board.pod(this.key);
    return {
      queued,
      // What is started again goes on with the lifetime that it has.
      since: pod !== undefined && pod.restarts > 0 ? pod.startedAt : undefined,
      note: queued ? board.queueNote(this.key) : undefined,
    };
  }

  /** Something changed on the cluster. */
  look(): void {
    const { board, surroundings } = this.#options;
    if (this.#isOver || !this.#isThere || surroundings.closing.aborted) return;
    const [job, pod] = [board.job(this.key), board.pod(this.key)];
    if (job === undefined) {
      // Its pods are still ending.
      if (pod === undefined) void this.#close(undefined);
      return;
    }
    if (this.isUnwanted) return;
    if (pod !== undefined) this.#notice(pod);
    const standing = standingOf(job, pod);
    const isLost = pod !== undefined && isCutOff(pod);
    if (standing.state === 'ended') void this.#close(job);
    // Its Job starts it elsewhere as soon as its node is given up.
    else if (isLost && isRestarted(this.run)) this.#waits(false);
    else if (standing.state === 'running') this.#runs(standing.at, pod);
    else this.#waits(standing.state === 'queued');
    if (isLost && !isRestarted(this.run)) void this.#expectLoss(pod);
  }

  /** What was started again has a page only once it listens again. */
  #notice(pod: PodFacts): void {
    const before = this.#seen;
    this.#seen = pod;
    if (pod.isRestarting) void this.#log.save(pod);
    if (before === undefined || pod.restarts === 0) return;
    if (before.uid === pod.uid && before.restarts >= pod.restarts) return;
    this.#isPageOpen = false;
    const { status, reason } = pod.crash ?? {};
    const how = reason === 'OOMKilled' ? 'used more memory than it may' : `ended with ${status}`;
    const message = `The command ${how}, and was started again (restart ${pod.restarts})`;
    this.#options.listener.noted(this.key, { level: 'Warning', reason: 'Restarted', message });
  }

  /**
   * A Job does not end while it is unknown whether its pod did: only its node could. Nothing starts it
   * again, so that its owner need not wait for that.
   */
  async #expectLoss({ uid }: PodFacts): Promise<void> {
    if (this.#lossOf === uid) return;
    this.#lossOf = uid;
    const { surroundings, board, graceMs } = this.#options;
    await surroundings.clock
      .sleep(graceMs + lossPatienceMs, surroundings.closing)
      .catch(() => undefined);
    const pod = board.pod(this.key);
    if (pod?.uid === uid && isCutOff(pod)) await this.#close(board.job(this.key));
  }

  #waits(queued: boolean): void {
    if (this.run.page !== undefined) this.#isPageOpen = false;
    const waiting = this.#waiting(queued);
    this.#report(wordOf({ state: 'pending', ...waiting }), () => {
      this.#options.listener.pending(this.key, waiting);
    });
  }

  #runs(at: number | undefined, pod: PodFacts | undefined): void {
    const { page } = this.run;
    if (page !== undefined && !this.#isReady) {
      if (pod?.isRunning === true) void this.#open(pod, page.port);
      return;
    }
    this.#report('running', () => {
      this.#options.listener.started(this.key, at);
      void this.#lengthen();
    });
  }

  /** A page runs once something listens there. */
  async #open(pod: PodFacts, port: number): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const { pages, board } = this.#options;
    const isThere = () => {
      const now = board.pod(this.key);
      return !this.#isOver && !this.isUnwanted && now?.uid === pod.uid && now.isRunning;
    };
    this.#isPageOpen = await pages.opened(pod, port, isThere);
    this.#isOpening = false;
    if (this.#isPageOpen) this.look();
  }

  /** Its lifetime begins with its command, and that of its Job when there was room for it. */
  async #lengthen(): Promise<void> {
    const { board, surroundings } = this.#options;
    const job = board.job(this.key);
    const late = job === undefined ? 0 : lateness(job, board.pod(this.key));
    if (job === undefined || late < lateSeconds) return;
    const seconds = Math.ceil(late + this.run.lifetimeSeconds);
    if ((job.lifetimeSeconds ?? seconds) >= seconds) return;
    const { client, namespace } = surroundings.cluster;
    const change = { spec: { activeDeadlineSeconds: seconds } };
    const patience = {
      clock: surroundings.clock,
      signal: surroundings.closing,
      mayPass: isPassing,
    };
    await retried(patience, async () => {
      await client.patch(resources.jobs, namespace, job.name, change, surroundings.closing);
    }).catch((error: unknown) => {
      surroundings.logger.warn(`a session cannot have its full lifetime: ${reasonOf(error)}`);
    });
  }

  #report(word: string, report: () => void): void {
    if (this.#lastReport === word) return;
    this.#lastReport = word;
    report();
  }

  /** Ends it, however far it is. */
  async terminate(): Promise<void> {
    const { surroundings, graceMs } = this.#options;
    if (!this.isUnwanted) {
      this.isUnwanted = true;
      this.#stop.abort();
      if (this.#isThere) {
        const pod = this.#options.board.pod(this.key);
        void this.#log.follow(pod).then(async () => await this.#delete());
      }
    }
    const patience = surroundings.clock
      .sleep(graceMs + endPatienceMs, surroundings.closing)
      .catch(() => undefined);
    await Promise.race([this.#finished, patience]);
    if (!this.#isOver && !surroundings.closing.aborted) await this.#close(undefined);
  }

  async #delete(): Promise<void> {
    const { board, surroundings } = this.#options;
    const { client, namespace } = surroundings.cluster;
    const name = board.job(this.key)?.name ?? this.run.job;
    const patience = {
      clock: surroundings.clock,
      signal: surroundings.closing,
      mayPass: isPassing,
    };
    try {
      await retried(patience, async () => {
        await client.delete(resources.jobs, namespace, name, undefined, surroundings.closing);
      });
    } catch (error) {
      if (surroundings.closing.aborted) return;
      if (isMissing(error)) return this.look();
      surroundings.logger.error(`a Job cannot be deleted: ${reasonOf(error)}`);
    }
  }

  async #close(job: JobFacts | undefined): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const end = await this.#end(job, this.isUnwanted);
    if (this.#options.surroundings.closing.aborted) return;
    this.#options.over(this);
    const pod = this.#options.board.lastPod(this.key);
    const failure = pod === undefined || this.isUnwanted ? undefined : startFailure(pod);
    if (failure === undefined) this.#options.listener.ended(this.key, end);
    else this.#options.listener.refused(this.key, `Cannot start the session: ${failure}`);
    this.#finish();
  }

  async #end(job: JobFacts | undefined, isOurs: boolean): Promise<RunEnd> {
    const { board } = this.#options;
    if (job !== undefined && board.pod(this.key)?.exit === undefined) await this.#lookAgain(job);
    const pod = board.lastPod(this.key);
    await this.#log.keep(job, pod, isOurs);
    return endOf(job, pod, isOurs);
  }

  /** The end of a Job may be heard of before that of its pod: they are watched apart. */
  async #lookAgain({ name }: JobFacts): Promise<void> {
    const { board, surroundings } = this.#options;
    const { client, namespace } = surroundings.cluster;
    try {
      const list = await client.transport.json<ObjectList<Pod>>({
        path: client.path(resources.pods, namespace),
        query: { labelSelector: `job-name=${name}` },
        signal: surroundings.closing,
      });
      for (const pod of list.items) board.putPod(pod);
    } catch {
      // Then its exit status stays unknown.
    }
  }
}

const wordOf = (found: Recovered): string =>
  found.state === 'pending' ? `pending ${found.queued} ${found.note?.message ?? ''}` : found.state;
