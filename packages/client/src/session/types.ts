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
  /** `interactive` lists all but headless sessions, desktop apps included. */
  view?: 'interactive' | undefined;
  /**
   * Asks for those alone that started first, at most 99,999. A platform that does not know of it
   * gives all, and one that does gives those of the same second as the last of them, too.
   * @defaultValue all
   */
  first?: number | undefined;
}

/** Who may pull a private image. */
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
  /** The form's fields, in the order they are sent. */
  form: readonly (readonly [name: string, value: string])[];
}

/** Everything `create` sends for one call. */
export interface CreatePlan {
  /** The complete image reference. */
  image: string;
  kind: SessionKind;
  requests: readonly PlannedRequest[];
  /** What was left out because the platform ignores it, in words. */
  notes: readonly string[];
}

/** What to launch. */
export interface CreateOptions extends CallOptions {
  /** Letters, digits and inner hyphens, at most 63 with the number of a replica. */
  name: string;
  /** For example `skaha/astroml:latest`; the platform's first registry is used if none is named. */
  image: string;
  /** @defaultValue `headless` */
  kind?: RequestedKind | undefined;
  /** Cores to reserve; if left out, the session uses what the platform has free. */
  cores?: number | undefined;
  /** Memory to reserve; if left out, the session uses what the platform has free. */
  memoryGiB?: number | undefined;
  /** @defaultValue none */
  gpus?: number | undefined;
  /** Headless only: the program, one word. @defaultValue the image's own */
  cmd?: string | undefined;
  /** Headless only: words for the program, none with a blank in it. */
  args?: readonly string[] | undefined;
  /** Headless only: variables of the program. */
  env?: Readonly<Record<string, string>> | undefined;
  /**
   * How many to launch, 1 to 512; each knows its number from `REPLICA_ID`, counted from 1, and
   * their count from `REPLICA_COUNT`. @defaultValue 1
   */
  replicas?: number | undefined;
  /**
   * Credentials of the image's registry, for this launch only.
   * @defaultValue those of the configuration, if it has any for this registry
   */
  registryCredential?: RegistryCredential | undefined;
  /** Told once what will be sent, before anything is; an error that it throws ends the call. */
  onPlanned?: ((plan: CreatePlan) => void) | undefined;
  /** Told about each session as soon as it exists. */
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

/** What a session wrote to its standard output and error. */
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

/** A session whose end was put off. */
export interface RenewedSession {
  id: string;
  name: string;
  /** When it would have ended. */
  before?: Date | undefined;
  /** When it ends now. */
  after?: Date | undefined;
  /** False if the platform saw no need. */
  changed: boolean;
}

/** A session that was deleted. */
export interface DestroyedSession {
  id: string;
  name: string;
}

/** How to delete sessions. */
export interface DestroyOptions extends CallOptions {
  /** Told about each session as soon as it is deleted. */
  onDestroyed?: ((session: DestroyedSession) => void) | undefined;
}

/** Which sessions to delete: by beginning of the name, by pattern, or all; never by accident. */
export type SessionSelection =
  | { prefix: string; pattern?: undefined; all?: undefined }
  | { pattern: RegExp; prefix?: undefined; all?: undefined }
  | { all: true; prefix?: undefined; pattern?: undefined };

/** Which sessions to delete, and whether to do it. */
export type DestroyWithOptions = SessionSelection &
  CallOptions & {
    kind?: RequestedKind | undefined;
    status?: SessionStatus | undefined;
    /** Find them only. @defaultValue false */
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

/** How to look again and again. */
export interface PollOptions {
  signal?: AbortSignal | undefined;
  /**
   * Time between two polls, in milliseconds, 10 to 600,000. Where the platform tells ends, as the
   * local one does, who waits for one does not wait for the next look.
   * @defaultValue 2000
   */
  intervalMs?: number | undefined;
  /**
   * Time before the second look, in milliseconds, 10 to 600,000; it doubles with each look until it
   * is `intervalMs`. For sessions that may take no time at all.
   * @defaultValue `intervalMs`
   */
  firstMs?: number | undefined;
}

/** What to wait for. */
export interface WaitOptions extends PollOptions {
  /**
   * `running`: it runs, or ran and completed. `finished`: it ended, well or badly.
   * `deleted`: it is no longer listed.
   */
  until: 'deleted' | 'finished' | 'running';
  /** Time limit for the wait, in milliseconds. @defaultValue no limit */
  timeoutMs?: number | undefined;
  /** Stop at the first session that gets there. @defaultValue false */
  any?: boolean | undefined;
  /** Told about each session when first seen and whenever its status changes. */
  onChange?: ((session: SessionInfo) => void) | undefined;
}

/** Whether to wait for a session before connecting to it. */
export interface ConnectOptions extends PollOptions {
  /** @defaultValue false */
  wait?: boolean | undefined;
  /** Bounds the wait, in milliseconds. @defaultValue 300000 */
  timeoutMs?: number | undefined;
}

/** A session, and what happened to it since the last look. */
export type SessionChange = SessionInfo & { change: 'added' | 'deleted' | 'modified' };

/** Which part of a log to follow. */
export interface FollowOptions extends PollOptions {
  /** Begin with at most this many of the last lines. @defaultValue all */
  tail?: number | undefined;
  /** Begin with what is written from now on. @defaultValue false */
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
