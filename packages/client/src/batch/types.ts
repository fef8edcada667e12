import type { ErrorDocument, SkahaError } from '../errors/index.js';
import type { CreateOptions, PlannedRequest, RegistryCredential } from '../session/types.js';
import type { BatchJournal } from './journal.js';

/**
 * The value of a parameter. Its text becomes the value of the variable. A number that would lose
 * digits is refused; pass it as a string or a bigint.
 */
export type RowValue = bigint | boolean | number | string;

/** The options that all sessions of a batch share. */
export type BatchTemplate = Omit<
  CreateOptions,
  'onCreated' | 'onPlanned' | 'replicas' | 'signal' | 'timeoutMs'
>;

/**
 * What to launch: a template, and one session for each replica, each value of an array, or each
 * row of parameters. At most one of `replicas`, `array` and `rows`.
 */
export interface BatchSpec extends BatchTemplate {
  /** Number of identical sessions, 1 to 10,000. @defaultValue 1 */
  replicas?: number | undefined;
  /**
   * One session for each value, which the session can read in `ARRAY_INDEX`: numbers, or ranges as
   * text, for example `0-99`, `1,5,9-12` or `0-100:10`. Its number, from 1, is in `REPLICA_ID`.
   */
  array?: readonly number[] | string | undefined;
  /**
   * One session for each row; the columns become variables. Its number, from 1, is in `REPLICA_ID`.
   */
  rows?: readonly Readonly<Record<string, RowValue>>[] | undefined;
  /** Kept with the batch in its journal, by which you find it again; nothing of it is sent. */
  labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * A file or folder, and its target. In both paths `{name}` stands for the name of an item's
 * session, `{REPLICA_ID}` for its number, and `{ARRAY_INDEX}` and the columns of rows for its own
 * values. `{{` and `}}` are braces.
 */
export interface StagedPair {
  from: string;
  to: string;
}

/** What happened to a file or folder of a batch. */
export interface StagedEvent extends StagedPair {
  direction: 'download' | 'upload';
  result: 'begun' | 'done' | 'failed';
  /** Names of the items it belongs to. */
  items: readonly string[];
  /** With `failed`: why. */
  error?: SkahaError | undefined;
}

/** One file or folder to transfer. */
export interface StagedMove extends StagedPair {
  direction: 'download' | 'upload';
  signal: AbortSignal;
}

/**
 * The files of a batch: inputs are sent before its sessions start, and outputs are fetched when
 * they have completed.
 */
export interface BatchStaging {
  /** Sent before anything is launched, each only once, even if several items need it. */
  uploads?: readonly StagedPair[] | undefined;
  /** Fetched when all items that share it have ended and at least one has completed. */
  downloads?: readonly StagedPair[] | undefined;
  /** Transfers one file or folder. It may be called again after an incomplete transfer. */
  move(pair: StagedMove): Promise<void>;
  /** Called with each event. */
  onStaged?: ((event: StagedEvent) => void) | undefined;
}

/** Everything that a batch sends. */
export interface BatchPlan {
  /** The complete image reference. */
  image: string;
  kind: string;
  /** One for each item, in order. */
  requests: readonly PlannedRequest[];
  /** What was left out because the platform ignores it, as sentences. */
  notes: readonly string[];
}

/** What may be retried. */
export type RetryReason = 'failed' | 'rejected';

/** How to launch a batch. */
export interface BatchOptions {
  /** Where each step is recorded, before and after it is done. @defaultValue in memory */
  journal?: BatchJournal | undefined;
  /**
   * Called once with what will be sent, before anything is sent. If it throws, the call ends with
   * that error.
   */
  onPlanned?: ((plan: BatchPlan) => void) | undefined;
  /**
   * Number of launch requests in progress at a time, 1 to 128. The local platform takes up to 100
   * launches in one request; `maxActive` limits sessions. @defaultValue the client's `concurrency`
   */
  concurrency?: number | undefined;
  /** Number of unfinished sessions at a time. @defaultValue no limit */
  maxActive?: number | undefined;
  /** How often an item is retried, 0 to 100. @defaultValue 0 */
  retries?: number | undefined;
  /**
   * What is retried: launches that the platform rejected, sessions that failed.
   * @defaultValue both
   */
  retryOn?: readonly RetryReason[] | undefined;
  /**
   * Pause before the first retry of an item, in milliseconds. It doubles each time.
   * @defaultValue 30000
   */
  backoffMs?: number | undefined;
  /** If a launch is rejected for good, delete everything that was launched. @defaultValue false */
  atomic?: boolean | undefined;
  /**
   * When the batch is done: when all sessions are launched, or when all have finished.
   * @defaultValue `launched`, or `finished` if failed sessions are retried or outputs are fetched
   */
  until?: 'finished' | 'launched' | undefined;
  /**
   * Files to transfer: inputs before the sessions start, outputs when they have completed. The
   * journal records each transfer, so nothing is transferred twice.
   */
  staging?: BatchStaging | undefined;
  /** Time between two polls at the sessions, in milliseconds, 10 to 600,000. @defaultValue 2000 */
  intervalMs?: number | undefined;
  /**
   * How long the platform may be unreachable before the batch gives up, in milliseconds. The batch
   * can be resumed afterwards. @defaultValue 300000
   */
  patienceMs?: number | undefined;
  /**
   * How long a session may still appear after a launch without a reply, in milliseconds.
   * @defaultValue three times the longest launch seen in this batch, at least 10 s and at most 180
   *   s; 180 s if none was seen
   */
  settleMs?: number | undefined;
  /**
   * How long the platform lists a finished session, in milliseconds. A launch without a reply that
   * is older than this is `unknown`.
   * @defaultValue 3300000: an hour, as in the Skaha API, minus five minutes
   */
  keepMs?: number | undefined;
  /** Launch `unknown` items again; a session may then run twice. @defaultValue false */
  resubmitUnknown?: boolean | undefined;
  /** Time limit for one launch, in milliseconds, 1 to 300,000. @defaultValue the client's */
  timeoutMs?: number | undefined;
  /** Stops launching; the batch can be resumed. */
  signal?: AbortSignal | undefined;
}

/** How to resume a batch. */
export interface ResumeOptions extends Omit<BatchOptions, 'journal'> {
  /** The journal of the batch. */
  journal: BatchJournal;
  /** Credentials for the image's registry; the journal does not contain them. */
  registryCredential?: RegistryCredential | undefined;
}

/** The phases that an item of a batch can be in; {@link ItemPhase} explains them. */
export const itemPhases = [
  'launched',
  'completed',
  'failed',
  'gone',
  'pending',
  'rejected',
  'unanswered',
  'unknown',
  'removed',
] as const;

/**
 * The state of one item of a batch:
 * - `pending`: not launched yet, or temporarily refused
 * - `unanswered`: sent, and not confirmed yet
 * - `launched`: its session exists
 * - `rejected`: the platform refused it
 * - `unknown`: sent this long ago that its session may have ended and disappeared unseen
 * - `completed`, `failed`: its session finished
 * - `gone`: its session is no longer listed
 * - `removed`: its session was deleted by the batch itself
 */
export type ItemPhase = (typeof itemPhases)[number];

/** One item of a batch, according to its journal. */
export interface BatchItem {
  /** Number of the item, from 1: its `REPLICA_ID`. */
  index: number;
  /** Name of its session. */
  name: string;
  /** Its own variables: its row of parameters, or `ARRAY_INDEX`; empty for replicas. */
  row: Readonly<Record<string, string>>;
  phase: ItemPhase;
  /** Number of launches sent so far. */
  attempts: number;
  /** Number of its sessions that failed. */
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
  /** Id of its session. */
  id?: string | undefined;
  /** With `rejected`, `retrying` and `unknown`: why. */
  error?: SkahaError | undefined;
  /** Number of the launch, from 1. */
  attempt: number;
  /** True if the reply to the launch was lost and the session was found by its name. */
  found: boolean;
}
