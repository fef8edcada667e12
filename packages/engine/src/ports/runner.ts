import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { CommandSignal } from '@skaha/wire/session-commands.js';

/** A directory or file of this machine that a session finds at a place of its own. */
export interface Mount {
  /** Absolute path on this machine. */
  readonly source: string;
  /** Absolute path in the session. */
  readonly target: string;
  readonly readOnly?: boolean | undefined;
}

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
}

/** What opens a registry; a secret. */
export interface RegistryLogin {
  readonly username: string;
  readonly secret: string;
  /** The image is for those only whom its registry lets in, even when it is on this machine. */
  readonly isPrivate: boolean;
}

/** One session as a runner sees it. */
export interface Run {
  /** Unique on this platform. */
  readonly key: string;
  /** The session id, which every process of the session carries in its environment. */
  readonly id: string;
  /** Name of the session's owner. */
  readonly user: string;
  /** The number it runs as, where the runner can give it one. */
  readonly uid: number;
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
   * The environment of the session, `HOME` and `PWD` included as `Runner.homeOf` gives them. A
   * runner adds `PATH`, `SCRATCH`, `TMPDIR`, for pages `PORT` or `skaha_socket`, and says in
   * `skaha_hostname` under which address the session is reached; nothing else.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** The owner's home on this machine; in the session it is at `Runner.homeOf`, and where it starts. */
  readonly home: string;
  /** What else the session finds: projects, programs. Runners that keep the paths ignore it. */
  readonly mounts: readonly Mount[];
  readonly limits: RunLimits;
  /** `none` leaves the session only itself, where the runner can; `host` is this machine's network. */
  readonly network: 'none' | 'host';
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
  /** True when a process of it was ended because the session had used up its memory. */
  readonly outOfMemory?: boolean | undefined;
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

/** Where a page is reached on this machine; in a form that `http.request` and `net.connect` take. */
export type Endpoint =
  | { readonly host: string; readonly port: number }
  | { readonly socketPath: string };

/** Something worth an event of the session. */
export interface RunNote {
  readonly level: 'Normal' | 'Warning';
  /** One word, as Kubernetes writes it: `Pulling`, `Failed`, `BackOff`. */
  readonly reason: string;
  readonly message: string;
}

/** What a runner tells the platform. */
export interface RunnerListener {
  started(key: string): void;
  ended(key: string, end: RunEnd): void;
  /** It could not be started at all, or can never be. */
  refused(key: string, reason: string): void;
  /** Something happened that leaves the session as it is. */
  noted(key: string, note: RunNote): void;
}

export type { CommandSignal };

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
export class EntryRefused extends Error {}

/** What a further command needs is not there yet, or not any more. */
export class NotThere extends EntryRefused {}

/** What became of a run while no platform watched it. */
export type Recovered =
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly end: RunEnd }
  /** Nothing of it was ever started: it is safe to launch it again. */
  | { readonly state: 'unclaimed' };

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
}

/** What can run sessions here, or why it cannot and what would help. */
export type OpenedRunner = { make(parts: RunnerParts): Runner } | { readonly obstacle: string };

/** What every runner is made of. */
export interface RunnerParts {
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
  /** Tells this data directory from any other on the machine; letters and digits. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: RunnerListener;
  /** Between asking a session to end and ending it. */
  readonly graceMs: number;
  /** A user's home on this machine. */
  homeOf(user: string): string;
}

/** Something that can run sessions. */
export interface Runner {
  /** By which it is chosen; a word for events and people. */
  readonly name: string;
  readonly isolation: Isolation;
  /** True when it runs the image's own programs, and then it tells of pulling itself. */
  readonly runsImages: boolean;
  /** True when sessions have `Run.mounts`, and their home at `/arc/home/USER`. */
  readonly hasMounts: boolean;
  /** A user's home as sessions see it. */
  homeOf(user: string): string;
  /** Why it cannot run this session, and what would be needed; undefined when it can. */
  obstacle(run: Run): string | undefined;
  /**
   * Keeps what opens the registry of a session's image, until the image is here. Only runners of
   * images have use for it.
   */
  keepLogin?(key: string, login: RegistryLogin): void;
  /** Makes ready what a run will need that is launched in a moment; it need not be done. */
  prepare?(run: Run): void;
  /** Starts a run; the outcome comes through the listener. */
  launch(run: Run): void;
  /** Finds a run of an earlier platform on this data directory, and watches it if it still runs. */
  recover(run: Run): Promise<Recovered>;
  /** Ends a run and everything it started; the end comes through the listener. */
  terminate(run: Run): Promise<void>;
  /** Where the page of a run is reached; undefined when it has none, or not yet. */
  endpoint(key: string): Promise<Endpoint | undefined>;
  /** What a running session uses; undefined when that is not known. Never rejects. */
  usage(key: string): Promise<RunUsage | undefined>;
  /**
   * Runs a further command in a session that runs, as its user, where it is and within its limits.
   *
   * @throws {EntryRefused} when that cannot be
   */
  enter(run: Run, plan: EntryPlan): Promise<Entry>;
  /** Where the output of a run is kept. */
  logFile(key: string): string;
  /** Removes everything that is kept of a run that ended. */
  purge(key: string): Promise<void>;
  /** Ends and removes runs of sessions that are no longer known. */
  tidy(isKnown: (key: string) => boolean): Promise<void>;
  /** Stops watching; runs that go on are left alone. */
  close(): Promise<void>;
}
