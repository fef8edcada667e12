import type { BatchOutcome, BatchState } from '../batch/index.js';
import type { BatchJournal } from '../batch/journal.js';
import type { CallOptions } from '../client/options.js';
import type { SkahaError } from '../errors/index.js';
import type { ClusterEngine } from './engines.js';

/** A journal that is open, and nobody else's until it is closed. */
export interface ClusterJournal extends BatchJournal {
  close(): Promise<void>;
}

/**
 * Where the journals of a cluster are: the batch of its head and those of its workers. The store of
 * `skaha/batch/journal` is one.
 */
export interface ClusterStore {
  open(
    job: string,
    signal?: AbortSignal,
    options?: { mustExist?: boolean | undefined },
  ): Promise<ClusterJournal>;
  list(): Promise<readonly { job: string; state: BatchState | undefined }[]>;
  remove(job: string): Promise<void>;
}

/** What to make a cluster of. */
export interface ClusterSpec {
  /** Of the cluster and, with numbers, of its sessions: letters, digits, inner hyphens; at most 40. */
  name: string;
  engine: ClusterEngine;
  /** Image of all sessions; it must have what the engine needs. */
  image: string;
  /** The Python that has the engine, as sessions find it. @defaultValue `python3` */
  python?: string | undefined;
  /** How many workers to begin with, 0 to 512. @defaultValue 1 */
  workers?: number | undefined;
  /** How many workers it may ever have at a time, those that wait included. @defaultValue 32 */
  maxWorkers?: number | undefined;
  /** Cores of each worker. @defaultValue what the platform gives */
  cores?: number | undefined;
  /** Memory of each worker, in GiB. @defaultValue what the platform gives */
  memoryGiB?: number | undefined;
  /** GPUs of each worker. @defaultValue none */
  gpus?: number | undefined;
  /** Cores of the head. @defaultValue what the platform gives */
  headCores?: number | undefined;
  /** Memory of the head, in GiB. @defaultValue what the platform gives */
  headMemoryGiB?: number | undefined;
  /** Variables of all sessions. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** How to change a cluster. */
export interface ClusterOptions extends Pick<CallOptions, 'signal'> {
  /** How long its head may take until it has an address, in milliseconds. @defaultValue 600000 */
  startTimeoutMs?: number | undefined;
  /** Between two looks at the head, in milliseconds, 10 at least. @defaultValue 1000 */
  intervalMs?: number | undefined;
  /** Told what becomes of each session that is launched. */
  onOutcome?: ((outcome: BatchOutcome) => void) | undefined;
}

/** How to change the number of workers. */
export interface ScaleOptions extends ClusterOptions {
  /** Needed for an engine that is not one of `clusterEngines`. */
  engine?: ClusterEngine | undefined;
}

/** A session of a cluster. */
export interface ClusterSession {
  role: 'head' | 'worker';
  name: string;
  /** Undefined while it has none. */
  id: string | undefined;
  /** The batch it belongs to. */
  job: string;
  /**
   * What the platform says now; `Unanswered` for one that was sent and may exist, `Missing` for one
   * that was not launched, `Gone` for one that is listed no longer.
   */
  status: string;
}

/** A cluster, by its journals and what the platform says now. */
export interface ClusterState {
  name: string;
  /** Tells it from others of the same name. */
  id: string;
  /** Name of its engine. */
  engine: string;
  /** Root of the server it runs on. */
  server: string;
  image: string;
  /**
   * `starting` until its head runs; `orphaned` when the head has ended but workers have not; `stopped`
   * when everything has ended.
   */
  state: 'orphaned' | 'running' | 'starting' | 'stopped';
  head: ClusterSession;
  /** All that ever were, oldest first. */
  workers: readonly ClusterSession[];
  /** Workers that exist and are not over, those that wait included. */
  live: number;
  /** Launches of workers without an answer: sessions may come of them. */
  unanswered: number;
  /** How many workers it may have. */
  maxWorkers: number;
  /** When it began, in milliseconds since the epoch. */
  startedAt: number;
}

/** What became of a change. */
export interface ClusterChange {
  cluster: ClusterState;
  /** What was launched. */
  launched: readonly { name: string; id: string }[];
  /** What was deleted. */
  removed: readonly { name: string; id: string }[];
  /** What could not be done. */
  failed: readonly { name: string; error: SkahaError }[];
}
