import { randomBytes } from 'node:crypto';
import type { Clock } from '@skaha/base/clock.js';
import { asFault, VospaceFault } from './fault.js';

/** The phase of a job (UWS). */
export type Phase = 'PENDING' | 'QUEUED' | 'EXECUTING' | 'COMPLETED' | 'ERROR' | 'ABORTED';

/** The kinds of jobs, by their names in addresses. */
export type JobKind = 'transfers' | 'async-delete' | 'async-setprops';

/** How many jobs a user may have, including finished ones, and how many run at the same time. */
const most = { perUser: 1_000, running: 8 } as const;

/** How long a job is remembered after its creation, in milliseconds. */
export const jobLifetimeMs = 3_600_000;

/** How long a caller may wait for a change, in seconds. */
const longestWait = 60;

const over: ReadonlySet<Phase> = new Set(['COMPLETED', 'ERROR', 'ABORTED']);

/** The results of a job: their names and addresses. */
export type Results = Readonly<Record<string, string>>;

/** The work of a job; it may store a document in the job. */
export type Work = (signal: AbortSignal, job: Job) => Promise<Results>;

/** What a new job consists of. */
export interface JobRequest {
  readonly kind: JobKind;
  readonly owner: string | undefined;
  /** What was requested, as the XML inside `jobInfo`. */
  readonly info?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly work: Work;
}

/** Work that continues after its request has been answered. */
export class Job {
  readonly id = randomBytes(8).toString('hex');
  readonly request: JobRequest;
  readonly createdAt: number;
  phase: Phase = 'PENDING';
  startedAt: number | undefined;
  endedAt: number | undefined;
  results: Results = {};
  /** The message of the fault that ended it. */
  error: string | undefined;
  /** The document that a finished transfer produced. */
  document: string | undefined;
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();

  constructor(request: JobRequest, now: number) {
    this.request = request;
    this.createdAt = now;
  }

  get isOver(): boolean {
    return over.has(this.phase);
  }

  /** Enters a phase, unless the job has ended. */
  enter(phase: Phase, now: number): void {
    if (this.isOver) return;
    this.phase = phase;
    if (phase === 'EXECUTING') this.startedAt = now;
    if (this.isOver) this.endedAt = now;
    for (const listener of this.#listeners) listener();
  }

  async execute(clock: Clock): Promise<void> {
    this.enter('EXECUTING', clock.now());
    try {
      this.results = await this.request.work(this.#stopping.signal, this);
      this.enter('COMPLETED', clock.now());
    } catch (error) {
      this.error = asFault(error)?.words ?? 'InternalFault: the platform met an internal error';
      this.enter('ERROR', clock.now());
    }
  }

  abort(now: number): void {
    this.#stopping.abort();
    this.enter('ABORTED', now);
  }

  /** Resolves when the phase is no longer the given one, or the signal is aborted. */
  async changed(from: Phase, signal: AbortSignal): Promise<void> {
    if (this.phase !== from || this.isOver || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#listeners.add(done);
      signal.addEventListener('abort', done);
    });
  }
}

/**
 * The jobs of the storage service. They are only in memory, a limited number for a limited time:
 * when the platform stops, they are forgotten and unfinished work is not resumed.
 */
export class Jobs {
  readonly #clock: Clock;
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: Job[] = [];
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Adds a job, which waits until it is started.
   *
   * @throws {VospaceFault} `ServiceBusy` if its user has too many unfinished jobs
   */
  add(request: JobRequest): Job {
    this.#forgetOld();
    const own = [...this.#jobs.values()].filter((job) => job.request.owner === request.owner);
    if (own.length >= most.perUser) {
      const oldest = own.find((job) => job.isOver);
      if (oldest === undefined) throw new VospaceFault('ServiceBusy', 'too many jobs at once');
      this.#jobs.delete(oldest.id);
    }
    const job = new Job(request, this.#clock.now());
    this.#jobs.set(job.id, job);
    return job;
  }

  /** The caller's job with this id; undefined for jobs of others, as if they did not exist. */
  find(id: string, owner: string | undefined): Job | undefined {
    this.#forgetOld();
    const job = this.#jobs.get(id);
    return job?.request.owner === owner ? job : undefined;
  }

  /** The caller's jobs of a kind, the oldest first. */
  list(kind: JobKind, owner: string | undefined): Job[] {
    this.#forgetOld();
    return [...this.#jobs.values()].filter(
      ({ request }) => request.kind === kind && request.owner === owner,
    );
  }

  /** Runs a job when it is its turn. */
  run(job: Job): void {
    if (job.phase !== 'PENDING') return;
    job.enter('QUEUED', this.#clock.now());
    this.#waiting.push(job);
    this.#next();
  }

  abort(job: Job): void {
    job.abort(this.#clock.now());
  }

  remove(job: Job): void {
    this.abort(job);
    this.#jobs.delete(job.id);
  }

  /** Waits until a job leaves a phase, at most a minute. */
  async wait(job: Job, from: Phase, seconds: number, gone: AbortSignal): Promise<void> {
    const limit = seconds < 0 ? longestWait : Math.min(seconds, longestWait);
    const ending = new AbortController();
    const end = () => ending.abort();
    gone.addEventListener('abort', end);
    const sleep = this.#clock.sleep(limit * 1000, ending.signal).then(end, () => undefined);
    await job.changed(from, ending.signal);
    gone.removeEventListener('abort', end);
    end();
    await sleep;
  }

  /** Aborts all jobs. */
  close(): void {
    for (const job of this.#jobs.values()) this.abort(job);
    this.#jobs.clear();
  }

  #next(): void {
    if (this.#running >= most.running) return;
    let job = this.#waiting.shift();
    while (job?.isOver === true) job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running += 1;
    void job.execute(this.#clock).finally(() => {
      this.#running -= 1;
      this.#next();
    });
  }

  /** The jobs are in order of creation. */
  #forgetOld(): void {
    const limit = this.#clock.now() - jobLifetimeMs;
    for (const job of this.#jobs.values()) {
      if (job.createdAt > limit) return;
      if (job.isOver || job.phase === 'PENDING') this.#jobs.delete(job.id);
    }
  }
}
