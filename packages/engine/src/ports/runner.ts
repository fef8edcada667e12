import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { CommandSignal } from '@skaha/wire/session-commands.js';
import type { EndCause, EndReason } from '../sessions/end-cause.js';
import type { Admission, Capacity } from './admission.js';
import type { Logs } from './logs.js';
import type { Pages } from './pages.js';
import type { Volume, Volumes } from './volumes.js';

/** Limits of a session. */
export interface RunLimits {
  /** Cores; may be a fraction. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** Processes and threads at the same time. */
  readonly processes: number;
}

/** How a session serves its page, or another service to which the platform forwards requests. */
export interface PagePlan {
  /**
   * The port of the Skaha API for this kind, on which an image with a network of its own listens.
   * Otherwise the runner chooses a free port. The session finds the actual port in `PORT`.
   */
  readonly port: number;
  /**
   * Whether the command can listen on a unix socket instead: if the variable `skaha_socket` is set,
   * it must listen there and on no port.
   */
  readonly socket: boolean;
  /** Path of the page on the platform, without a slash at the end. */
  readonly path?: string | undefined;
  /** Whether the session sees this path in requests, or only what follows it. */
  readonly keepsPath?: boolean | undefined;
}

/** The login for a registry; a secret. */
export interface RegistryLogin {
  readonly username: string;
  readonly secret: string;
  /** Whether the registry must accept the user even if the image is on this machine. */
  readonly isPrivate: boolean;
}

/**
 * What a session can reach: with `none` only the other sessions of its user, or only itself if the
 * runner cannot do that; with `outgoing` also what is outside the machine; `host` is the network of
 * the machine, without isolation.
 */
export type RunNetwork = 'none' | 'outgoing' | 'host';

/** One session as a runner sees it. */
export interface Run {
  /** Unique on this platform. */
  readonly key: string;
  /** The session id, which is in the environment of every process of the session. */
  readonly id: string;
  /** Desktop apps only: the app's own id; `id` is that of its desktop. */
  readonly appId?: string | undefined;
  /** Its name. */
  readonly name: string;
  /** The name of its job on the real platform: unique, lower case, at most 63 characters. */
  readonly job: string;
  /** Name of the session's owner. */
  readonly user: string;
  /** The user number under which it runs, if the runner can set one. */
  readonly uid: number;
  /** The number of its owner's own group; by default that of the owner. */
  readonly gid?: number | undefined;
  /** The numbers of further groups of its owner. */
  readonly groups: readonly number[];
  readonly kind: string;
  readonly image: string;
  /** Command and arguments; empty if neither the request nor the image names any. */
  readonly command: readonly string[];
  /** For runners of images, if `command` is empty: arguments for the image's command. */
  readonly args?: readonly string[] | undefined;
  /**
   * The environment of the session, including `HOME` and `PWD` as returned by `Volumes.placeOf`. A
   * runner adds only `secrets`, `PATH`, `SCRATCH`, `TMPDIR`, for pages `PORT` or `skaha_socket`,
   * and in `skaha_hostname` the address of the session.
   */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Variables that only the session itself may see, such as tokens. They must not be in arguments,
   * or in a description of the session that others can read.
   */
  readonly secrets: Readonly<Record<string, string>>;
  /** The volumes of the session, its owner's home and its scratch space first. */
  readonly volumes: readonly Volume[];
  /** What it is guaranteed; the same as its limits for a session with fixed resources. */
  readonly requests: Capacity;
  readonly limits: RunLimits;
  /** Graphics processors; 0 if the runner has none. */
  readonly gpus: number;
  /**
   * Seconds from its start to the end of its lifetime. The platform ends it then; a runner that can
   * do so by itself does too, in case the platform is not running.
   */
  readonly lifetimeSeconds: number;
  /** If the runner has a choice. */
  readonly network: RunNetwork;
  /**
   * The port of the platform, which sessions on this machine reach at their own loopback address
   * unless they have no network; undefined if the address of the platform is not on this machine.
   */
  readonly platformPort?: number | undefined;
  /** Undefined if it serves none. */
  readonly page?: PagePlan | undefined;
  /** Why this machine cannot run the session; runners of images ignore it. */
  readonly missing?: string | undefined;
}

/** How a run ended. */
export interface RunEnd {
  /** Undefined if the exit status is unknown. */
  readonly status: number | undefined;
  /** Milliseconds since the epoch, if known. */
  readonly at?: number | undefined;
  /** What ended it, unless it ended by itself. */
  readonly cause?: EndCause | undefined;
}

/** What a run has used so far (as counters) and uses now. */
export interface RunUsage {
  /** Processor time since its start, in seconds, over all cores. */
  readonly cpuSeconds: number;
  /** Bytes in use now. */
  readonly memory: number;
  /** The most bytes that it ever used, if known. */
  readonly peakMemory?: number | undefined;
  readonly processes?: number | undefined;
}

/** Something to be added to the events of the session. */
export interface RunNote {
  readonly level: 'Normal' | 'Warning';
  /** One word, as Kubernetes writes it: `Pulling`, `Failed`, `BackOff`. */
  readonly reason: string;
  readonly message: string;
  /** When it happened, in milliseconds since the epoch; now by default. */
  readonly at?: number | undefined;
}

/** Why a run does not run yet, or no longer. */
export interface Waiting {
  /**
   * True while it waits in the runner's queue, which may take days: its lifetime has not begun.
   * Otherwise it has its place and is being prepared, which counts towards its lifetime.
   */
  readonly queued: boolean;
  /** Since when, in milliseconds since the epoch; now by default. */
  readonly since?: number | undefined;
  /** The reason, as an event of the session. */
  readonly note?: RunNote | undefined;
}

/** Receives a runner's reports. They may be repeated; none counts after the end. */
export interface RunnerListener {
  /**
   * The run has started; if it has a page, it can be reached.
   *
   * @param at - when its lifetime began, in milliseconds since the epoch; now by default
   */
  started(key: string, at?: number): void;
  /** It waits: for the first time, or again because it lost its place while running. */
  pending(key: string, waiting: Waiting): void;
  ended(key: string, end: RunEnd): void;
  /** It could not be started, or never can be. */
  refused(key: string, reason: string): void;
  /** An event that does not change the session. */
  noted(key: string, note: RunNote): void;
  /**
   * Whether the runner currently knows the state of its runs. While it does not, sessions keep
   * their last known state.
   *
   * @param trouble - why not, in words for the owner of the platform; undefined if it does
   */
  outOfTouch(trouble: string | undefined): void;
}

export type { CommandSignal, EndCause, EndReason };

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A further command for a running session. */
export interface EntryPlan {
  readonly command: readonly string[];
  /** Its terminal, with the value of `TERM`; undefined for plain streams. */
  readonly terminal?: (TerminalSize & { readonly type: string }) | undefined;
}

/** A running further command of a session. */
export interface Entry {
  readonly input: Writable;
  /** With a terminal, all output. */
  readonly output: Readable;
  /** Undefined with a terminal. */
  readonly errors: Readable | undefined;
  /** Its exit status, 128 or more for a signal; resolves after the end of its output. */
  readonly ended: Promise<number>;
  /** Resizes the terminal; does nothing without one. */
  resize(size: TerminalSize): Promise<void>;
  signal(name: CommandSignal): Promise<void>;
  /** Ends it, first like a terminal that is closed, then by force. */
  end(): void;
}

/** A further command cannot be run in a session. */
export class EntryRefused extends Error {
  readonly isEntryRefused = true;

  /** Checked by a property, because a runner in another package has its own copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && 'isEntryRefused' in value;
  }
}

/** Something that a further command needs does not exist yet, or no longer. */
export class NotThere extends EntryRefused {
  readonly isNotThere = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && 'isNotThere' in value;
  }
}

/** A run that an earlier platform had launched, or was about to. */
export interface EarlierRun {
  readonly run: Run;
  /** Whether it was known to run: then it is never launched again. */
  readonly wasRunning: boolean;
}

/** The state of a run that no platform was watching. */
export type Recovered =
  /** It runs. `at`: when its lifetime began, if the runner knows better. */
  | { readonly state: 'running'; readonly at?: number | undefined }
  /** It exists and does not run yet, or no longer. */
  | ({ readonly state: 'pending' } & Waiting)
  | { readonly state: 'ended'; readonly end: RunEnd }
  /** It was never started, so it is safe to launch it. */
  | { readonly state: 'unclaimed' }
  /**
   * Unknown at the moment. The session keeps its last known state; the runner finds out as soon as
   * it can, launches the run if it was never started, and reports to the listener.
   */
  | { readonly state: 'unknown' };

/** What a runner isolates and what not, in words for people. */
export interface Isolation {
  readonly isolates: readonly string[];
  readonly lacks: readonly string[];
}

/** Sessions never run as root: used for users without a number of their own. */
export const standInUid = 61_000;

/** The runner of a platform, as described to users. */
export interface RunnerDescription {
  readonly name: string;
  /** What it isolates or limits, in words. */
  readonly isolates: readonly string[];
  /** What it does not isolate or limit. */
  readonly lacks: readonly string[];
  /** Why no runner with more isolation was chosen. */
  readonly notice?: string | undefined;
  /** Why it currently does not know the state of its runs. */
  readonly trouble?: string | undefined;
}

/** A runner, or why it cannot work here and what would help. */
export type OpenedRunner = { make(options: RunnerOptions): Runner } | { readonly obstacle: string };

/**
 * The entry of a runner, before it is known whether it can work here. A package
 * `skaha-platform-NAME` exports its entry as `runner`, and `--runner NAME` loads it.
 */
export interface RunnerEntry<Settings = unknown> {
  /**
   * Tries whether it can work here.
   *
   * @param settings - for a package: the part of the configuration under its name, unchecked
   * @param signal - cancels the attempt
   * @throws {PlatformError} `config.invalid` for invalid settings
   */
  open(settings: Settings, signal?: AbortSignal): Promise<OpenedRunner>;
  /**
   * If several platforms may use one data directory: waits until this one becomes the active one.
   *
   * @param settings - as above
   * @returns undefined if the settings allow only one platform
   */
  lead?(
    settings: Settings,
    options: LeadingOptions,
  ): Promise<Leadership | { readonly obstacle: string } | undefined>;
  /**
   * Ends and removes what is left of the runs of a platform that no longer exists.
   *
   * @param remains - the data directory, its runs and scratch spaces, and the instance
   * @param settings - as above, read on demand
   * @returns why that cannot be done; undefined if it was done
   */
  clear?(remains: Remains, settings: () => Settings): Promise<string | undefined>;
}

/** Options for waiting to become the active platform. */
export interface LeadingOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal | undefined;
}

/** The role of the active platform among several on one data directory. */
export interface Leadership {
  /** Aborted as soon as another may have become active: nothing may be written any more. */
  readonly lost: AbortSignal;
  /** Announces that this platform answers from now on. */
  serving?(): void;
  /** Gives up the role. */
  release(): Promise<void>;
}

/** What is left of a platform that no longer exists. */
export type Remains = Pick<RunnerOptions, 'data' | 'sessions' | 'scratch' | 'instance'>;

/** What the platform gives to every runner. */
export interface RunnerOptions {
  /** The data directory; sessions must see only their own parts of it. */
  readonly data: string;
  /** Directory of the runs: each has its state and log in a subdirectory named after its key. */
  readonly sessions: string;
  /** Directory of the scratch spaces, one for each key. */
  readonly scratch: string;
  /** Directory for scripts of the platform. */
  readonly scripts: string;
  /** Directory of the platform's programs that sessions may run; undefined for none. */
  readonly programs?: string | undefined;
  /**
   * Identifies this platform among others that use the same machine, container engine or cluster;
   * letters and digits. Anything without it is not ours.
   */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: RunnerListener;
  /** Time between asking a session to end and killing it. */
  readonly graceMs: number;
  /** The absolute path of a volume on this machine. */
  directoryOf(volume: Volume): string;
}

/**
 * Runs sessions. The platform calls `recover` once before it launches anything, and learns through
 * the listener what becomes of each run.
 */
export interface Runner extends Volumes, Logs, Pages {
  /** The name by which it is chosen, and that is shown to users. */
  readonly name: string;
  readonly isolation: Isolation;
  /** Whether it runs the programs of images; it then reports pulling itself. */
  readonly runsImages: boolean;
  /** Whether it offers graphics processors; otherwise requests for them are ignored. */
  readonly hasGpus?: boolean | undefined;
  /** Its own admission, if the platform does not decide which sessions fit. */
  readonly admission?: Admission | undefined;
  /** Why it cannot run a session, and what would be needed; undefined if it can. */
  obstacle(run: Run): string | undefined;
  /**
   * Stores the login for the registry of a session's image until the image has been pulled; the
   * session is accepted only after this. Only runners of images need it.
   */
  keepLogin?(key: string, login: RegistryLogin): Promise<void>;
  /**
   * Starts a run; the outcome is reported to the listener. Repeating a launch has no effect: a key
   * runs once, whoever launches it and how often.
   */
  launch(run: Run): void;
  /**
   * Finds the runs of an earlier platform, all in one call, and watches them from then on.
   *
   * @returns the state of each, by key
   */
  recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>>;
  /**
   * Changes the lifetime of a run to its new `lifetimeSeconds`. Only runners that end runs by
   * themselves need it.
   *
   * @throws if that is not possible; the session is not renewed then
   */
  renew?(run: Run): Promise<void>;
  /** Ends a run and everything it started; the end is reported to the listener. */
  terminate(run: Run): Promise<void>;
  /**
   * What running sessions use, without those for which it is unknown. Never rejects.
   *
   * @param keys - of the runs
   */
  usage(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>>;
  /**
   * Runs a further command in a running session: as its user, in its environment and within its
   * limits.
   *
   * @throws {EntryRefused} if that is not possible
   */
  enter(run: Run, plan: EntryPlan): Promise<Entry>;
  /** Removes everything that is stored of an ended run. */
  purge(key: string): Promise<void>;
  /**
   * Ends and removes runs of this instance whose sessions are no longer known. Anything without the
   * instance is left alone. Called only after the platform has read all its sessions.
   */
  tidy(isKnown: (key: string) => boolean): Promise<void>;
  /** Stops watching; running runs continue. */
  close(): Promise<void>;
  /** Like `close`, but at once and without any change: another platform has taken over. */
  abandon?(): void;
}
