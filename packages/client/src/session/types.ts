import type { RequestedKind, SessionKind, SessionStatus } from '@skaha/wire/kinds.js';
import type { CallOptions } from '../client/options.js';
import type { SessionEvent } from '../models/events.js';
import type { SessionInfo } from '../models/session.js';

/** Which sessions to list. */
export interface FetchOptions extends CallOptions {
  /** Only this kind. */
  kind?: RequestedKind | undefined;
  /** Only this status; `Completed` and the older `Succeeded` mean the same. */
  status?: SessionStatus | undefined;
  /** `interactive` lists all but headless sessions, including desktop apps. */
  view?: 'interactive' | undefined;
  /**
   * Requests only this many of the sessions that started first, at most 99,999. A platform that
   * does not support this returns all. One that does also returns sessions that started in the same
   * second as the last one.
   * @defaultValue all
   */
  first?: number | undefined;
}

/** Credentials for pulling a private image. */
export interface RegistryCredential {
  /** Without a colon. */
  username: string;
  /** Without a colon. */
  secret: string;
}

/** One request that `create` sends. */
export interface PlannedRequest {
  /** Number of the replica, from 1. */
  index: number;
  name: string;
  /** The fields of the form, in the order in which they are sent. */
  form: readonly (readonly [name: string, value: string])[];
}

/** Everything `create` sends for one call. */
export interface CreatePlan {
  /** The complete image reference. */
  image: string;
  kind: SessionKind;
  requests: readonly PlannedRequest[];
  /** What was left out because the platform ignores it, as sentences. */
  notes: readonly string[];
}

/** What to launch. */
export interface CreateOptions extends CallOptions {
  /** Letters, digits and inner hyphens, at most 63 including the number of the replica. */
  name: string;
  /** For example `skaha/astroml:latest`; the platform's first registry is used if none is named. */
  image: string;
  /** @defaultValue `headless` */
  kind?: RequestedKind | undefined;
  /** Cores to reserve; if omitted, the session uses whatever the platform has free. */
  cores?: number | undefined;
  /** Memory to reserve; if omitted, the session uses whatever the platform has free. */
  memoryGiB?: number | undefined;
  /** @defaultValue none */
  gpus?: number | undefined;
  /** Headless only: the program, one word. @defaultValue the image's own */
  cmd?: string | undefined;
  /** Headless only: the arguments of the program. None may contain a space. */
  args?: readonly string[] | undefined;
  /** Headless only: environment variables of the program. */
  env?: Readonly<Record<string, string>> | undefined;
  /**
   * How many to launch, 1 to 512; each can read its number, counted from 1, in `REPLICA_ID` and the
   * total in `REPLICA_COUNT`. @defaultValue 1
   */
  replicas?: number | undefined;
  /**
   * Credentials of the image's registry, for this launch only.
   * @defaultValue those of the configuration, if it has any for this registry
   */
  registryCredential?: RegistryCredential | undefined;
  /**
   * Called once with what will be sent, before anything is sent. If it throws, the call ends with
   * that error.
   */
  onPlanned?: ((plan: CreatePlan) => void) | undefined;
  /** Called for each session as soon as it exists. */
  onCreated?: ((session: CreatedSession) => void) | undefined;
}

/** A session that was launched. */
export interface CreatedSession {
  /** Number of the replica, from 1. */
  index: number;
  name: string;
  id: string;
}

/** What `create` launched. */
export interface CreateResult {
  /** In the order of the replicas. */
  ids: string[];
  sessions: CreatedSession[];
}

/** The log of a session: what it wrote to standard output and error. */
export interface SessionLog {
  id: string;
  /** The log as UTF-8 text. */
  text: string;
  /** The log exactly as written. */
  bytes: Uint8Array;
}

/** What happened to a session. */
export interface SessionEvents {
  id: string;
  events: SessionEvent[];
  /** The table as the server sent it. */
  raw: string;
}

/** A session that was renewed. */
export interface RenewedSession {
  id: string;
  name: string;
  /** Its old expiry. */
  before?: Date | undefined;
  /** Its new expiry. */
  after?: Date | undefined;
  /** False if the platform did not change the expiry. */
  changed: boolean;
}

/** A session that was deleted. */
export interface DestroyedSession {
  id: string;
  name: string;
}

/** How to delete sessions. */
export interface DestroyOptions extends CallOptions {
  /** Called for each session as soon as it is deleted. */
  onDestroyed?: ((session: DestroyedSession) => void) | undefined;
}

/** Which sessions to delete: by prefix, by pattern, or all of them. */
export type SessionSelection =
  | { prefix: string; pattern?: undefined; all?: undefined }
  | { pattern: RegExp; prefix?: undefined; all?: undefined }
  | { all: true; prefix?: undefined; pattern?: undefined };

/** Which sessions to delete, or only to find. */
export type DestroyWithOptions = SessionSelection &
  CallOptions & {
    kind?: RequestedKind | undefined;
    status?: SessionStatus | undefined;
    /** Only find them. @defaultValue false */
    dryRun?: boolean | undefined;
  };

/** What `destroyWith` found and did. */
export interface DestroyWithResult {
  matched: SessionInfo[];
  /** Empty in a dry run. */
  destroyed: DestroyedSession[];
}

/** A session that can be opened in a browser now. */
export interface ConnectableSession {
  id: string;
  name: string;
  url: string;
}

/** How often to poll. */
export interface PollOptions {
  signal?: AbortSignal | undefined;
  /**
   * Time between two polls, in milliseconds, 10 to 600,000. The local platform reports the end of a
   * session immediately, without waiting for the next poll.
   * @defaultValue 2000
   */
  intervalMs?: number | undefined;
  /**
   * Time before the second poll, in milliseconds, 10 to 600,000. It doubles with each poll until it
   * reaches `intervalMs`. Use it for very short sessions.
   * @defaultValue `intervalMs`
   */
  firstMs?: number | undefined;
}

/** What to wait for. */
export interface WaitOptions extends PollOptions {
  /**
   * `running`: the session is running, or ran and completed. `finished`: it completed or failed.
   * `deleted`: it is no longer listed. `expired`: its lifetime is over. `{ status }`: it has this
   * status.
   */
  until: 'deleted' | 'expired' | 'finished' | 'running' | { status: SessionStatus };
  /** Time limit for the wait, in milliseconds. @defaultValue no limit */
  timeoutMs?: number | undefined;
  /** Stop when the first session reaches it. @defaultValue false */
  any?: boolean | undefined;
  /** Called for each session when first seen and whenever its status changes. */
  onChange?: ((session: SessionInfo) => void) | undefined;
}

/** What opens the page of a session in a browser. */
export interface PageLink {
  url: string;
  /**
   * Time within which it must be opened, in milliseconds; it works once. Undefined for an address
   * that stays.
   */
  lifetimeMs: number | undefined;
}

/** Whether to wait for a session before connecting to it. */
export interface ConnectOptions extends PollOptions {
  /** @defaultValue false */
  wait?: boolean | undefined;
  /** Time limit for the wait, in milliseconds. @defaultValue 300000 */
  timeoutMs?: number | undefined;
}

/** A session, and what happened to it since the last poll. */
export type SessionChange = SessionInfo & { change: 'added' | 'deleted' | 'modified' };

/** Which part of a log to follow. */
export interface FollowOptions extends PollOptions {
  /** Begin with at most this many of the last lines. @defaultValue all */
  tail?: number | undefined;
  /** Begin with the output from now on. @defaultValue false */
  onlyNew?: boolean | undefined;
  /**
   * How bytes become text. `latin1` makes each byte one character (U+0000 to U+00FF), so that
   * logs that are not text can be written out unchanged. @defaultValue utf-8
   */
  encoding?: 'latin1' | 'utf-8' | undefined;
}

/** A program to start on a desktop. */
export interface CreateAppOptions extends CallOptions {
  image: string;
  cores?: number | undefined;
  memoryGiB?: number | undefined;
}

/** A program that was started on a desktop. */
export interface CreatedApp {
  /** The app's own id, 3 characters. */
  appId: string;
  desktopId: string;
}
