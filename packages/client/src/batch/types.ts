import type { ErrorDocument, SkahaError } from '../errors/index.js';
import type { CreateOptions, PlannedRequest, RegistryCredential } from '../session/types.js';
import type { BatchJournal } from './journal.js';

/**
 * A value of a parameter. Its text becomes the variable; a number that cannot hold all its digits
 * is refused, so write it as a text or a bigint.
 */
export type RowValue = bigint | boolean | number | string;

/** What every session of a batch has in common. */
export type BatchTemplate = Omit<
  CreateOptions,
  'onCreated' | 'onPlanned' | 'replicas' | 'signal' | 'timeoutMs'
>;

/**
 * What to launch: a template, and one session for each replica, each value of an array, or each
 * row of parameters. At most one of `replicas`, `array` and `rows`.
 */
export interface BatchSpec extends BatchTemplate {
  /** How many equal sessions, 1 to 10,000. @defaultValue 1 */
  replicas?: number | undefined;
  /**
   * One session for each value, which it finds in `ARRAY_INDEX`: numbers, or ranges as text, for
   * example `0-99`, `1,5,9-12` or `0-100:10`. Its place, from 1, is in `REPLICA_ID`.
   */
  array?: readonly number[] | string | undefined;
  /** One session for each row; the columns become variables. Its place, from 1, is in `REPLICA_ID`. */
  rows?: readonly Readonly<Record<string, RowValue>>[] | undefined;
}

/**
 * A file or a folder, and where it goes. In both `{name}` stands for the name of an item's session,
 * `{REPLICA_ID}` for its place, `{ARRAY_INDEX}` and the columns of rows for its own values; `{{` and
 * `}}` are braces.
 */
export interface StagedPair {
  from: string;
  to: string;
}

/** What happened to a file or folder of a batch. */
export interface StagedEvent extends StagedPair {
  direction: 'download' | 'upload';
  result: 'begun' | 'done' | 'failed';
  /** Names of the items it is of. */
  items: readonly string[];
  /** With `failed`: why. */
  error?: SkahaError | undefined;
}

/** How a file or folder is moved. */
export interface StagedMove extends StagedPair {
  direction: 'download' | 'upload';
  signal: AbortSignal;
}

/** Files that go along with a batch: inputs before its sessions start, outputs when they completed. */
export interface BatchStaging {
  /** Moved before anything is launched; each once, however many items name it. */
  uploads?: readonly StagedPair[] | undefined;
  /** Moved when all items that name it have ended and one of them completed. */
  downloads?: readonly StagedPair[] | undefined;
  /** Moves one of them; it may be asked again for what was moved in part. */
  move(pair: StagedMove): Promise<void>;
  /** Told what happens. */
  onStaged?: ((event: StagedEvent) => void) | undefined;
}

/** Everything a batch sends. */
export interface BatchPlan {
  /** The complete image reference. */
  image: string;
  kind: string;
  /** One for each item, in order. */
  requests: readonly PlannedRequest[];
  /** What was left out because the platform ignores it, in words. */
  notes: readonly string[];
}

/** What may be tried again. */
export type RetryReason = 'failed' | 'rejected';

/** How to launch a batch. */
export interface BatchOptions {
  /** Where each step is written down before and after it is done. @defaultValue in memory */
  journal?: BatchJournal | undefined;
  /** Told once what will be sent, before anything is; an error that it throws ends the call. */
  onPlanned?: ((plan: BatchPlan) => void) | undefined;
  /** Launches in progress at the same time, 1 to 128. @defaultValue the client's `concurrency` */
  concurrency?: number | undefined;
  /** Sessions that may exist unfinished at the same time. @defaultValue no bound */
  maxActive?: number | undefined;
  /** How often an item is tried again, 0 to 100. @defaultValue 0 */
  retries?: number | undefined;
  /**
   * What is tried again: launches that the platform rejected, sessions that failed.
   * @defaultValue both
   */
  retryOn?: readonly RetryReason[] | undefined;
  /** Pause before the first retry of an item, in milliseconds; doubled each time. @defaultValue 30000 */
  backoffMs?: number | undefined;
  /** Deletes what was launched when one launch is rejected for good. @defaultValue false */
  atomic?: boolean | undefined;
  /**
   * When the batch counts as ended: when all sessions are launched, or when all have finished.
   * @defaultValue `launched`, but `finished` when failed sessions are to be tried again or outputs
   *   are to be fetched
   */
  until?: 'finished' | 'launched' | undefined;
  /**
   * Files that go along: inputs before the sessions start, outputs when they completed. What was
   * moved is written to the journal, and not moved again.
   */
  staging?: BatchStaging | undefined;
  /** Time between two polls at the sessions, in milliseconds, 10 to 600,000. @defaultValue 2000 */
  intervalMs?: number | undefined;
  /**
   * How long the platform may be out of reach, in milliseconds, before the batch gives up; it can
   * be resumed afterwards. @defaultValue 300000
   */
  patienceMs?: number | undefined;
  /**
   * How long a launch without an answer may still turn into a session, in milliseconds.
   * @defaultValue three times the longest launch seen in this batch, 10 s at least and 180 s at
   *   most; 180 s when none was seen
   */
  settleMs?: number | undefined;
  /**
   * How long the platform lists a session after it finished, in milliseconds. A launch without an
   * answer that is older than this is `unknown`.
   * @defaultValue 3300000: the hour of the Skaha API, less five minutes
   */
  keepMs?: number | undefined;
  /** Launches again what is `unknown`; a session may then run twice. @defaultValue false */
  resubmitUnknown?: boolean | undefined;
  /** Time for one launch, in milliseconds, 1 to 300,000. @defaultValue the client's */
  timeoutMs?: number | undefined;
  /** Ends the launching; the journal can be resumed. */
  signal?: AbortSignal | undefined;
}

/** How to go on with a batch. */
export interface ResumeOptions extends Omit<BatchOptions, 'journal'> {
  /** The journal of the batch. */
  journal: BatchJournal;
  /** Credentials of the image's registry, which the journal does not keep. */
  registryCredential?: RegistryCredential | undefined;
}

/**
 * Where one item of a batch is:
 * `pending`: not launched, or refused in passing;
 * `unanswered`: sent, and it is not known yet what became of it;
 * `launched`: its session exists;
 * `rejected`: the platform does not want it;
 * `unknown`: sent so long ago that its session may have come and gone unseen;
 * `completed`, `failed`: its session finished;
 * `gone`: its session is no longer listed;
 * `removed`: its session was deleted by the batch itself.
 */
export type ItemPhase =
  | 'completed'
  | 'failed'
  | 'gone'
  | 'launched'
  | 'pending'
  | 'rejected'
  | 'removed'
  | 'unanswered'
  | 'unknown';

/** One item of a batch, according to its journal. */
export interface BatchItem {
  /** From 1: its `REPLICA_ID`. */
  index: number;
  /** Name of its session. */
  name: string;
  /** Its own variables: its row of parameters, or `ARRAY_INDEX`; empty for replicas. */
  row: Readonly<Record<string, string>>;
  phase: ItemPhase;
  /** Launches sent so far. */
  attempts: number;
  /** Its sessions that failed. */
  failures: number;
  /** Its latest session. */
  id?: string | undefined;
  /** Its earlier sessions, oldest first; they failed. */
  earlierIds: readonly string[];
  /** Why it is `rejected`, `unknown` or still `pending`. */
  error?: ErrorDocument | undefined;
  /** When its latest launch was sent, in milliseconds since the epoch. */
  sentAt?: number | undefined;
}

/** Something that happened to one item. */
export interface BatchOutcome {
  /** From 1. */
  index: number;
  name: string;
  /** Its own variables: its row of parameters, or `ARRAY_INDEX`; empty for replicas. */
  row: Readonly<Record<string, string>>;
  /** `retrying` announces another launch; the others are phases. */
  result:
    | 'completed'
    | 'failed'
    | 'gone'
    | 'launched'
    | 'rejected'
    | 'removed'
    | 'retrying'
    | 'unknown';
  /** The session it is about. */
  id?: string | undefined;
  /** With `rejected`, `retrying` and `unknown`: why. */
  error?: SkahaError | undefined;
  /** Number of the launch, from 1. */
  attempt: number;
  /** True if the answer to the launch was lost and the session was found by its name. */
  found: boolean;
}
