import type { BatchOutcome, BatchState } from '../batch/index.js';
import type { BatchJournal } from '../batch/journal.js';
import type { CallOptions } from '../client/options.js';
import type { SkahaError } from '../errors/index.js';
import type { ClusterEngine } from './engines.js';

/** An open journal, locked until it is closed. */
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

/** The head and workers of a new cluster. */
export interface ClusterSpec {
  /**
   * Name of the cluster and, with numbers, of its sessions: letters, digits and inner hyphens, at
   * most 40.
   */
  name: string;
  engine: ClusterEngine;
  /** Image of the workers, and of the head. The engine must be installed in it. */
  image: string;
  /**
   * Kind of the head. A `contributed` one has a page, the engine's dashboard; it runs what its image
   * says, which must start the head of the engine at the address that `hostname -i` gives, with the
   * dashboard on port 5000.
   * @defaultValue `headless`
   */
  headKind?: 'contributed' | 'headless' | undefined;
  /** Image of the head. @defaultValue that of the workers */
  headImage?: string | undefined;
  /**
   * The Python in which the engine is installed, as a path in the session. @defaultValue `python3`
   */
  python?: string | undefined;
  /** Number of workers at the start, 0 to 10,000. @defaultValue 1 */
  workers?: number | undefined;
  /** Maximum number of workers at a time, including waiting ones. @defaultValue 32 */
  maxWorkers?: number | undefined;
  /** Cores of each worker. @defaultValue flexible */
  cores?: number | undefined;
  /** Memory of each worker, in GiB. @defaultValue flexible */
  memoryGiB?: number | undefined;
  /** GPUs of each worker. @defaultValue none */
  gpus?: number | undefined;
  /** Cores of the head. @defaultValue flexible */
  headCores?: number | undefined;
  /** Memory of the head, in GiB. @defaultValue flexible */
  headMemoryGiB?: number | undefined;
  /** Variables of all sessions but a contributed head, which takes none. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** How to change a cluster. */
export interface ClusterOptions extends Pick<CallOptions, 'signal'> {
  /** How long to wait until the head has an address, in milliseconds. @defaultValue 600000 */
  startTimeoutMs?: number | undefined;
  /** Time between two polls of the head, in milliseconds, at least 10. @defaultValue 1000 */
  intervalMs?: number | undefined;
  /** Called with the outcome of each launch. */
  onOutcome?: ((outcome: BatchOutcome) => void) | undefined;
}

/** How to change the number of workers. */
export interface ScaleOptions extends ClusterOptions {
  /** Required for an engine that is not in `clusterEngines`. */
  engine?: ClusterEngine | undefined;
}

/** A session of a cluster. */
export interface ClusterSession {
  role: 'head' | 'worker';
  name: string;
  /** Undefined as long as it has none. */
  id: string | undefined;
  /** The batch it belongs to. */
  job: string;
  /**
   * The current status on the platform; `Unanswered` if it was sent but not confirmed, `Missing` if
   * it was not launched, `Gone` if it is no longer listed.
   */
  status: string;
}

/** The state of a cluster, according to its journals and the platform. */
export interface ClusterState {
  name: string;
  /** Distinguishes it from others of the same name. */
  id: string;
  /** Name of its engine. */
  engine: string;
  /** Root of the server it runs on. */
  server: string;
  /** Image of its workers. */
  image: string;
  /**
   * `starting` until its head runs; `orphaned` when the head has ended but workers have not; `stopped`
   * when everything has ended.
   */
  state: 'orphaned' | 'running' | 'starting' | 'stopped';
  head: ClusterSession;
  /** All workers it ever had, oldest first. */
  workers: readonly ClusterSession[];
  /** Number of workers that have not ended, including waiting ones. */
  live: number;
  /** How many of these are waiting. */
  pending: number;
  /** Number of workers whose launch was not confirmed; their sessions may still appear. */
  unanswered: number;
  /** Maximum number of workers. */
  maxWorkers: number;
  /** When it began, in milliseconds since the epoch. */
  startedAt: number;
}

/** The result of a change. */
export interface ClusterChange {
  cluster: ClusterState;
  /** What was launched. */
  launched: readonly { name: string; id: string }[];
  /** What was deleted. */
  removed: readonly { name: string; id: string }[];
  /** What could not be done. */
  failed: readonly { name: string; error: SkahaError }[];
}
