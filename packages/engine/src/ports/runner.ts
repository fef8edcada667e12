import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { CommandSignal } from '@skaha/wire/session-commands.js';
import type { EndCause, EndReason } from '../sessions/end-cause.js';
import type { Admission, Capacity } from './admission.js';
import type { Logs } from './logs.js';
import type { Pages } from './pages.js';
import type { Volume, Volumes } from './volumes.js';

/** What a session may use at most. */
export interface RunLimits {
  /** Cores; may be a fraction. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** Processes and threads at a time. */
  readonly processes: number;
}

/** How a session serves its page, or another service that the platform leads to. */
export interface PagePlan {
  /**
   * The port of the Skaha API for this kind: where an image listens that has a network of its own.
   * Where it has not, a runner chooses a free port. The session finds the one in force in `PORT`.
   */
  readonly port: number;
  /**
   * True when the command can listen on a unix socket instead: if the variable `skaha_socket` is
   * set, it must listen there and at no port.
   */
  readonly socket: boolean;
  /** Path of the page at the platform, without a slash at its end. */
  readonly path?: string | undefined;
  /** Whether the session sees that path in what it is asked, or only what comes after it. */
  readonly keepsPath?: boolean | undefined;
}

/** What opens a registry; a secret. */
export interface RegistryLogin {
  readonly username: string;
  readonly secret: string;
  /** The image is for those only whom its registry lets in, even when it is on this machine. */
  readonly isPrivate: boolean;
}

/**
 * What a session reaches: with `none` the other sessions of its user and nothing else, or only itself
 * where that cannot be had; with `outgoing` what is beyond the machine besides; `host` is the network
 * of the machine, in which no session is apart.
 */
export type RunNetwork = 'none' | 'outgoing' | 'host';

/** One session as a runner sees it. */
export interface Run {
  /** Unique on this platform. */
  readonly key: string;
  /** The session id, which every process of the session carries in its environment. */
  readonly id: string;
  /** Desktop apps only: what tells the app from others of its desktop, whose id it has. */
  readonly appId?: string | undefined;
  /** What its owner calls it. */
  readonly name: string;
  /** The name of its job on the real platform: unique, lower case, at most 63 characters. */
  readonly job: string;
  /** Name of the session's owner. */
  readonly user: string;
  /** The number it runs as, where the runner can give it one. */
  readonly uid: number;
  /** The number of its owner's own group; that of the owner where it is left out. */
  readonly gid?: number | undefined;
  /** Further groups of its owner, by their numbers. */
  readonly groups: readonly number[];
  readonly kind: string;
  readonly image: string;
  /** Command and arguments; empty when neither the request nor the image names any. */
  readonly command: readonly string[];
  /**
   * For runners of images, when `command` is empty: replaces the arguments that the image gives to
   * its own command.
   */
  readonly args?: readonly string[] | undefined;
  /**
   * The environment of the session, `HOME` and `PWD` included as `Volumes.placeOf` gives them. A
   * runner adds `secrets`, `PATH`, `SCRATCH`, `TMPDIR`, for pages `PORT` or `skaha_socket`, and says
   * in `skaha_hostname` under which address the session is reached; nothing else.
   */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Further variables, which only the session itself may see: what opens its page, what it proves
   * itself by. They stand in no argument and no description of the session that others can read.
   */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the session finds, its owner's home and its scratch space first. */
  readonly volumes: readonly Volume[];
  /** What it is promised; the same as its limits for a session with fixed resources. */
  readonly requests: Capacity;
  readonly limits: RunLimits;
  /** Graphics processors; 0 where the runner gives none. */
  readonly gpus: number;
  /**
   * Seconds from its start to the end of its life. The platform ends it then; a runner that can end
   * it by itself does so too, in case the platform is not there.
   */
  readonly lifetimeSeconds: number;
  /** Where the runner has a choice. */
  readonly network: RunNetwork;
  /**
   * The port of the platform, where a session of this machine finds it at its own loopback address
   * unless it has no network; undefined where its address leads beyond the machine, or not to it.
   */
  readonly platformPort?: number | undefined;
  /** Undefined when it serves none. */
  readonly page?: PagePlan | undefined;
  /** Why the programs of this machine cannot be this session; of no interest to runners of images. */
  readonly missing?: string | undefined;
}

/** How a run ended. */
export interface RunEnd {
  /** Undefined when no exit status could be found. */
  readonly status: number | undefined;
  /** Milliseconds since the epoch, when it is known. */
  readonly at?: number | undefined;
  /** What ended it, unless it simply ended. */
  readonly cause?: EndCause | undefined;
}

/** What a run has used so far and uses now; counters, of which others make rates. */
export interface RunUsage {
  /** Seconds of computing since it started, over all cores. */
  readonly cpuSeconds: number;
  /** Bytes in use now. */
  readonly memory: number;
  /** The most bytes it ever used, where that is known. */
  readonly peakMemory?: number | undefined;
  readonly processes?: number | undefined;
}

/** Something worth an event of the session. */
export interface RunNote {
  readonly level: 'Normal' | 'Warning';
  /** One word, as Kubernetes writes it: `Pulling`, `Failed`, `BackOff`. */
  readonly reason: string;
  readonly message: string;
  /** When it happened, in milliseconds since the epoch; now by default. */
  readonly at?: number | undefined;
}

/** How a run waits that does not run yet, or not any more. */
export interface Waiting {
  /**
   * True while it waits in a queue of the runner's, which may take days: its lifetime does not begin.
   * Otherwise it has its place and is being made ready, which must be done within its lifetime.
   */
  readonly queued: boolean;
  /** Since when, in milliseconds since the epoch; now by default. */
  readonly since?: number | undefined;
  /** Why, as an event of the session. */
  readonly note?: RunNote | undefined;
}

/**
 * What a runner tells the platform. It may say a thing twice; what it says last counts, and nothing
 * counts after the end.
 */
export interface RunnerListener {
  /**
   * It runs; a page is there.
   *
   * @param at - when its lifetime began, in milliseconds since the epoch; now by default
   */
  started(key: string, at?: number): void;
  /** It waits: for the first time, or again because it lost its place while it ran. */
  pending(key: string, waiting: Waiting): void;
  ended(key: string, end: RunEnd): void;
  /** It could not be started at all, or can never be. */
  refused(key: string, reason: string): void;
  /** Something happened that leaves the session as it is. */
  noted(key: string, note: RunNote): void;
  /**
   * Whether the runner knows at present what becomes of its runs. Sessions stay as they were last
   * known while it does not.
   *
   * @param trouble - why it does not, in words for the owner of the platform; undefined when it does
   */
  outOfTouch(trouble: string | undefined): void;
}

export type { CommandSignal, EndCause, EndReason };

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A further command for a session that runs. */
export interface EntryPlan {
  readonly command: readonly string[];
  /** The terminal that it gets, and what kind it is (`TERM`); undefined for plain streams. */
  readonly terminal?: (TerminalSize & { readonly type: string }) | undefined;
}

/** A further command of a session, while it runs. */
export interface Entry {
  readonly input: Writable;
  /** With a terminal, all that it shows. */
  readonly output: Readable;
  /** Undefined with a terminal. */
  readonly errors: Readable | undefined;
  /** Its exit status, 128 and more for a signal; resolves after the end of what it said. */
  readonly ended: Promise<number>;
  /** Does nothing without a terminal. */
  resize(size: TerminalSize): Promise<void>;
  signal(name: CommandSignal): Promise<void>;
  /** Ends it, as a terminal that is closed would, and then for good. */
  end(): void;
}

/** Why no further command can be run in a session. */
export class EntryRefused extends Error {
  readonly isEntryRefused = true;

  /** A runner of another package brings a class of its own of this name. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && 'isEntryRefused' in value;
  }
}

/** What a further command needs is not there yet, or not any more. */
export class NotThere extends EntryRefused {
  readonly isNotThere = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && 'isNotThere' in value;
  }
}

/** A run that an earlier platform had launched, or was about to. */
export interface EarlierRun {
  readonly run: Run;
  /** Whether it was known to run: then it is not launched again, whatever became of it. */
  readonly wasRunning: boolean;
}

/** What became of a run while no platform watched it. */
export type Recovered =
  /** It runs. `at`: when its lifetime began, where the runner knows it better. */
  | { readonly state: 'running'; readonly at?: number | undefined }
  /** It is there and does not run yet, or not any more. */
  | ({ readonly state: 'pending' } & Waiting)
  | { readonly state: 'ended'; readonly end: RunEnd }
  /** Nothing of it was ever started: it is safe to launch it. */
  | { readonly state: 'unclaimed' }
  /**
   * Nobody can tell now. The session stays as it was last known; the runner finds out as soon as it
   * can, launches what was never started, and tells the listener.
   */
  | { readonly state: 'unknown' };

/** What a runner keeps apart and what not, in words for people. */
export interface Isolation {
  readonly isolates: readonly string[];
  readonly lacks: readonly string[];
}

/** Root never runs sessions: this number stands in where a user has none of their own. */
export const standInUid = 61_000;

/** What runs the sessions of a platform. */
export interface RunnerDescription {
  readonly name: string;
  /** What it keeps apart or within limits, in words. */
  readonly isolates: readonly string[];
  /** What it does not. */
  readonly lacks: readonly string[];
  /** Why a runner that isolates more was not chosen. */
  readonly notice?: string | undefined;
  /** Why it does not know at present what becomes of its runs. */
  readonly trouble?: string | undefined;
}

/** What can run sessions here, or why it cannot and what would help. */
export type OpenedRunner = { make(options: RunnerOptions): Runner } | { readonly obstacle: string };

/**
 * A runner by its name, before it is known whether it can work here. A package `skaha-platform-NAME`
 * brings one: it exports it as `runner`, and `--runner NAME` loads it.
 */
export interface RunnerEntry<Settings = unknown> {
  /**
   * Finds out, by trying, whether it can work here.
   *
   * @param settings - of a package: what stands in the configuration under its name, unread
   * @param signal - gives up the attempt
   * @throws {PlatformError} `config.invalid` for settings that cannot be
   */
  open(settings: Settings, signal?: AbortSignal): Promise<OpenedRunner>;
  /**
   * Where several platforms may stand on one data directory: waits until this one is the one that
   * works.
   *
   * @param settings - as above
   * @returns undefined where its settings want no more than one
   */
  lead?(
    settings: Settings,
    options: LeadingOptions,
  ): Promise<Leadership | { readonly obstacle: string } | undefined>;
  /**
   * Ends and removes what its runs left of a platform that is gone.
   *
   * @param remains - the data directory, its runs and scratch spaces, and the instance
   * @param settings - as above, read when they are asked for
   * @returns why that cannot be done; undefined when it was
   */
  clear?(remains: Remains, settings: () => Settings): Promise<string | undefined>;
}

/** What one of several platforms waits with. */
export interface LeadingOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal | undefined;
}

/** The place of the one platform that works, of several on one data directory. */
export interface Leadership {
  /** Aborted as soon as another may have it: nothing may be written any more. */
  readonly lost: AbortSignal;
  /** Tells that this platform answers from now on. */
  serving?(): void;
  /** Gives it back. */
  release(): Promise<void>;
}

/** What is left of a platform that is gone. */
export type Remains = Pick<RunnerOptions, 'data' | 'sessions' | 'scratch' | 'instance'>;

/** What the platform gives to every runner. */
export interface RunnerOptions {
  /** The data directory, of which sessions must see nothing but what is theirs. */
  readonly data: string;
  /** Directory of the runs: state and log of each are in a directory of its key. */
  readonly sessions: string;
  /** Directory of the scratch spaces, one of each key. */
  readonly scratch: string;
  /** Directory for scripts of the platform. */
  readonly scripts: string;
  /** Directory of programs of the platform's own, which sessions may run; undefined for none. */
  readonly programs?: string | undefined;
  /**
   * Tells this platform from any other that uses the same machine, container engine or cluster;
   * letters and digits. What does not carry it is not ours.
   */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: RunnerListener;
  /** Between asking a session to end and ending it. */
  readonly graceMs: number;
  /** Where a volume is on this machine: an absolute path. */
  directoryOf(volume: Volume): string;
}

/**
 * Something that can run sessions. The platform calls `recover` once before anything else is launched,
 * and from then on learns by the listener what becomes of each run.
 */
export interface Runner extends Volumes, Logs, Pages {
  /** By which it is chosen; a word for events and people. */
  readonly name: string;
  readonly isolation: Isolation;
  /** True when it runs the image's own programs, and then it tells of pulling itself. */
  readonly runsImages: boolean;
  /** True when it gives graphics processors; without, a request for them is passed over. */
  readonly hasGpus?: boolean | undefined;
  /** Who decides what there is room for, where that is not the platform. */
  readonly admission?: Admission | undefined;
  /** Why it cannot run this session, and what would be needed; undefined when it can. */
  obstacle(run: Run): string | undefined;
  /**
   * Keeps what opens the registry of a session's image, until the image is here; the session is
   * accepted only once this is done. Only runners of images have use for it.
   */
  keepLogin?(key: string, login: RegistryLogin): Promise<void>;
  /**
   * Starts a run; the outcome comes through the listener. The same run again changes nothing: what
   * has this key runs once, no matter who asks and how often.
   */
  launch(run: Run): void;
  /**
   * Finds the runs of an earlier platform, all in one, and watches them from then on.
   *
   * @returns what became of each, by its key
   */
  recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>>;
  /**
   * Lets a run live longer or shorter: `lifetimeSeconds` is another than when it was launched. Only
   * runners that end runs by themselves have use for it.
   *
   * @throws when that cannot be; the session is not renewed then
   */
  renew?(run: Run): Promise<void>;
  /** Ends a run and everything it started; the end comes through the listener. */
  terminate(run: Run): Promise<void>;
  /**
   * What running sessions use, all in one; those of which it is not known are left out. Never
   * rejects.
   *
   * @param keys - of the runs
   */
  usage(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>>;
  /**
   * Runs a further command in a session that runs, as its user, where it is and within its limits.
   *
   * @throws {EntryRefused} when that cannot be
   */
  enter(run: Run, plan: EntryPlan): Promise<Entry>;
  /** Removes everything that is kept of a run that ended. */
  purge(key: string): Promise<void>;
  /**
   * Ends and removes runs of this instance whose sessions are no longer known. What does not carry
   * the instance is left alone. Asked only by a platform that has read all it knows.
   */
  tidy(isKnown: (key: string) => boolean): Promise<void>;
  /** Stops watching; runs that go on are left alone. */
  close(): Promise<void>;
  /** As `close`, at once and without any change: another platform has its place. */
  abandon?(): void;
}
