/// <reference lib="esnext.disposable" preserve="true" />
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { Fault } from '@skaha/engine/faults/fault.js';
import type { FaultControl } from '@skaha/engine/faults/faults.js';
import type { LoggedRequest } from '@skaha/engine/faults/request-log.js';
import type { RunnerDescription } from '@skaha/engine/ports/runner.js';
import type { Capacity } from '@skaha/engine/sessions/capacity.js';
import type { PlatformUser } from '@skaha/identity/identities.js';
import type { PlatformIdentity } from '@skaha/identity/services.js';
import type { PlatformConfig } from './config/schema.js';
import type { DiskUsage } from './control/disk-usage.js';

/** What happens to sessions when the platform stops. */
export type SessionsAtStop = 'end' | 'leave';

/** Options of a platform. */
export interface PlatformOptions {
  /**
   * State directory, created if missing.
   * @default $XDG_DATA_HOME/skaha/platform, or ~/.local/share/skaha/platform
   */
  data?: string | undefined;
  /** Port on the loopback address; 0 for any free one. @default the one used last time, if free */
  port?: number | undefined;
  /** Name of the main user. @default the one used last time, otherwise that of the system's user */
  user?: string | undefined;
  /** The clock of the platform. @default the machine's clock */
  clock?: Clock | undefined;
  /** Configuration, or the path of a YAML file. @default `platform.yaml` in the data directory */
  config?: PlatformConfig | string | undefined;
  /** Faults from the start, also as text such as `slow,delayMs=500`. */
  faults?: readonly (Fault | string)[] | undefined;
  /** Reproduces the oddities of the real server. @default as configured */
  strict?: boolean | undefined;
  /** Versions of the API to serve. @default as configured, otherwise `v1` */
  apiVersions?: readonly ('v0' | 'v1')[] | undefined;
  /**
   * The runner of sessions: `auto`, `sandbox`, `process`, `container`, or the name of one in an
   * installed package `skaha-platform-NAME`.
   * @default as configured, otherwise `auto`
   */
  runner?: string | undefined;
  /**
   * Address of a PostgreSQL database for the state, such as
   * `postgres://skaha@db.example.org/skaha?sslmode=verify-full`. Its password comes from
   * `PGPASSWORD` or a password file.
   * @default as configured, otherwise the state directory
   */
  store?: string | undefined;
  /** Receives log entries, never secrets. @default none */
  logger?: Logger | undefined;
  /** Cancels the start; it has no effect on a running platform. */
  signal?: AbortSignal | undefined;
}

/** A running platform. */
export interface Platform {
  /** Root of the Skaha API: `https://127.0.0.1:PORT/skaha`. */
  readonly url: string;
  /**
   * Path of a unix socket for the same requests without TLS, only for the user who started it;
   * undefined if there is none.
   */
  readonly socket: string | undefined;
  /** Path of the certificate authority's certificate (PEM) that clients must trust. */
  readonly ca: string;
  /** The main user. */
  readonly user: string;
  /** All users with their credentials, the main one first. */
  readonly users: readonly PlatformUser[];
  /** Bearer token of the main user; a secret. */
  readonly token: string;
  readonly tokenFile: string;
  /** Path of the main user's certificate, key and authority in one PEM file. */
  readonly certificate: string;
  /** The main user's generated password file; undefined if the configuration has a password. */
  readonly passwordFile: string | undefined;
  /** Issuer of the platform's OIDC provider. */
  readonly issuer: string;
  /** URL of the registry document that leads clients here. */
  readonly registry: string;
  /** The main user's home directory on this machine. */
  readonly home: string;
  readonly data: string;
  readonly pid: number;
  readonly port: number;
  readonly startedAt: Date;
  readonly runner: RunnerDescription;
  /** The database with the state; undefined if it is in the state directory. */
  readonly store: StoreDescription | undefined;
  /** What its owner should know about this start, such as damaged state. */
  readonly notices: readonly string[];
  readonly faults: FaultControl;
  /** The services of the identity provider. */
  readonly identity: PlatformIdentity;
  /** The latest requests, the oldest first, without secrets. */
  readonly requests: readonly LoggedRequest[];
  /**
   * Issues another token for a user, for instance one that has expired.
   *
   * @param lifetimeMs - from now on, in milliseconds; may be negative
   */
  issueToken(user: string, lifetimeMs: number): string;
  /**
   * Issues another certificate for a user, and resolves to the path of its PEM file.
   *
   * @param lifetimeMs - from now on, in milliseconds; may be negative
   */
  issueCertificate(user: string, lifetimeMs: number): Promise<string>;
  /**
   * Stops the platform; calling it again waits for the same stop.
   *
   * @param options - `sessions: 'end'` (default) ends running and waiting sessions, `'leave'`
   *   leaves them to the next platform on this data directory
   */
  stop(options?: { sessions?: SessionsAtStop | undefined }): Promise<void>;
  /** Resolves when the platform has stopped, whoever stopped it. */
  readonly stopped: Promise<void>;
  /**
   * Why it stopped by itself: another platform may have taken over its state and sessions.
   * Undefined if that has not happened.
   */
  readonly takenOver: string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The database with the state of a platform. */
export interface StoreDescription {
  /** Where it is, in words, without secrets. */
  readonly name: string;
  /** Why nothing can be stored now: sessions continue, but new ones are refused. */
  readonly trouble?: string | undefined;
  /** How many changes have not been sent yet. */
  readonly pending: number;
}

/** Description of a running platform for other processes of its owner. */
export interface PlatformDescription {
  url: string;
  /** Unix socket for the same requests without TLS, only for the user who started it. */
  socket?: string | undefined;
  ca: string;
  certificate: string;
  /** A secret. */
  token: string;
  tokenFile: string;
  /** Omitted if the configuration sets a password. */
  passwordFile?: string | undefined;
  /** Issuer of the platform's OIDC provider. */
  issuer: string;
  /** URL of the registry document that leads clients here. */
  registry: string;
  user: string;
  home: string;
  data: string;
  pid: number;
  port: number;
  startedAt: string;
  runner: RunnerDescription;
  /** Omitted if the state is in the state directory. */
  store?: StoreDescription | undefined;
  /** What its owner should know about this start, such as damaged state. */
  notices: readonly string[];
  /** Number of sessions by status. */
  sessions: Record<string, number>;
  /** The same, by kind and status. */
  kinds: Record<string, Record<string, number>>;
  /** Number of queued sessions. */
  queued: number;
  /** Cores and bytes of memory: in total, requested by running sessions, and used. */
  capacity: Capacity;
  requested: Capacity;
  used: Capacity;
  /** Bytes of memory of the platform's own process. */
  memory: number;
  /** Size of the data directory and free space, in bytes; undefined if unreadable. */
  disk?: DiskUsage | undefined;
}
