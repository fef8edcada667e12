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

/** What becomes of sessions when the platform stops. */
export type SessionsAtStop = 'end' | 'leave';

/** How a platform is started. */
export interface PlatformOptions {
  /**
   * State directory, made when missing.
   * @default $XDG_DATA_HOME/skaha/platform, or ~/.local/share/skaha/platform
   */
  data?: string | undefined;
  /** Port on the loopback address; 0 takes any free one. Left out: the one used last time, if free. */
  port?: number | undefined;
  /** Name of the main user. @default the one used last time, else the name of the system's user */
  user?: string | undefined;
  /** Where time comes from. @default the machine's clock */
  clock?: Clock | undefined;
  /** Configuration, or the path of a YAML file. @default `platform.yaml` in the data directory */
  config?: PlatformConfig | string | undefined;
  /** Misbehaviours in force from the start, or their texts such as `slow,delayMs=500`. */
  faults?: readonly (Fault | string)[] | undefined;
  /** Reproduces the oddities of the real server. @default what the configuration says */
  strict?: boolean | undefined;
  /** Versions of the API to serve. @default what the configuration says, else `v1` */
  apiVersions?: readonly ('v0' | 'v1')[] | undefined;
  /**
   * What runs the sessions: `auto`, `sandbox`, `process`, `container`, or the name of one that an
   * installed package `skaha-platform-NAME` brings.
   * @default what the configuration says, else `auto`
   */
  runner?: string | undefined;
  /**
   * Address of a PostgreSQL database that keeps the state, such as
   * `postgres://skaha@db.example.org/skaha?sslmode=verify-full`. Its password comes from `PGPASSWORD`
   * or a password file.
   * @default what the configuration says, else the state directory
   */
  store?: string | undefined;
  /** Receives what the platform does; never a secret. @default none */
  logger?: Logger | undefined;
  /** Cancels the start; once the platform runs it has no effect. */
  signal?: AbortSignal | undefined;
}

/** A running platform. */
export interface Platform {
  /** Root of the Skaha API: `https://127.0.0.1:PORT/skaha`. */
  readonly url: string;
  /**
   * Path of a unix socket at which the same answers without TLS, for the user who started it alone;
   * undefined where there is none.
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
  /** File with the password made for the main user; undefined when the configuration sets another. */
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
  /** The database that keeps the state; undefined where the state directory does. */
  readonly store: StoreDescription | undefined;
  /** What its owner should know about this start, such as state that was damaged. */
  readonly notices: readonly string[];
  readonly faults: FaultControl;
  /** The services that give out and check identities. */
  readonly identity: PlatformIdentity;
  /** The latest requests, oldest first; no secret is in it. */
  readonly requests: readonly LoggedRequest[];
  /**
   * Makes another token for a user, for instance one that has expired.
   *
   * @param lifetimeMs - from now on, in milliseconds; may be negative
   */
  issueToken(user: string, lifetimeMs: number): string;
  /**
   * Makes another certificate for a user, and resolves to the path of its PEM file.
   *
   * @param lifetimeMs - from now on, in milliseconds; may be negative
   */
  issueCertificate(user: string, lifetimeMs: number): Promise<string>;
  /**
   * Stops the platform; calling it again waits for the same stop.
   *
   * @param options - `sessions: 'end'` (default) ends what runs and what waits, `'leave'` leaves
   *   both to the next platform on this data directory
   */
  stop(options?: { sessions?: SessionsAtStop | undefined }): Promise<void>;
  /** Resolves when the platform has stopped, whoever stopped it. */
  readonly stopped: Promise<void>;
  /**
   * Why it stopped without being asked: another platform may be at work on its state, and its sessions
   * go on with that one. Undefined as long as nothing of the kind has happened.
   */
  readonly takenOver: string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The database that keeps the state of a platform. */
export interface StoreDescription {
  /** Where it is, in words; no secret is in it. */
  readonly name: string;
  /** Why nothing can be stored there at present: running sessions continue, but new ones are refused. */
  readonly trouble?: string | undefined;
  /** How many changes it has not received yet. */
  readonly pending: number;
}

/** What another process can learn about a running platform of its owner. */
export interface PlatformDescription {
  url: string;
  /** Unix socket at which the same answers without TLS, for the user who started it alone. */
  socket?: string | undefined;
  ca: string;
  certificate: string;
  /** A secret. */
  token: string;
  tokenFile: string;
  /** Left out when the configuration sets another password than the one made for the user. */
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
  /** Left out where the state directory keeps the state. */
  store?: StoreDescription | undefined;
  /** What its owner should know about this start, such as state that was damaged. */
  notices: readonly string[];
  /** Number of sessions by status. */
  sessions: Record<string, number>;
  /** The same, by kind and status. */
  kinds: Record<string, Record<string, number>>;
  /** Number of sessions that wait for room. */
  queued: number;
  /** Cores and bytes of memory: for all sessions together, asked for by those that run, used. */
  capacity: Capacity;
  requested: Capacity;
  used: Capacity;
  /** Bytes of memory of the platform's own process. */
  memory: number;
  /** Bytes of the data directory, and what is left on its disk; undefined when it cannot be read. */
  disk?: DiskUsage | undefined;
}
