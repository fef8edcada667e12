import type { Duplex } from 'node:stream';
import type { Isolation, Run, RunNote } from '@skaha/engine/ports/runner.js';
import type { Volumes } from '@skaha/engine/ports/volumes.js';
import type { LocalRun } from './mounts.js';
import type { RunFiles } from './runs/run-files.js';
import type { SpareFolders } from './runs/spare-folders.js';

/** Where a session must serve its page. */
export type PagePlace =
  | { readonly port: number }
  /** At `page.sock` in the directory `RunFiles.page`. */
  | { readonly socket: true };

/** Connects to a port. */
export type ConnectToPort = (port: number) => Promise<Duplex>;

/** The place of a standby supervisor, which runs one session after the other. */
export interface StandbyPlace {
  /** It may run the sessions for which {@link Confinement.standbyGroup} returns this. */
  readonly group: string;
  /** The command, with its arguments, that starts the supervisor in this place. */
  readonly prefix: readonly string[];
  /** The address of all its sessions; undefined if each session gets its own. */
  readonly address?: string | undefined;
}

/** How a command is started in a session. */
interface SessionStart {
  /** The owner's home as the session sees it, and where the command starts. */
  readonly home: string;
  /** The session's environment; programs that prepare the session must not get it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How the command of a session is started so that it is confined. */
export interface ConfinedCommand extends SessionStart {
  /** What precedes the command: the program that confines it, and the starter. */
  readonly prefix: readonly string[];
  /** What precedes the session's own supervisor, and moves it into the session's network. */
  readonly supervisorPrefix?: readonly string[] | undefined;
  /** What the owner should know about the confinement. */
  readonly note?: RunNote | undefined;
}

/** What a session has before it is confined: its files, page and supervisor. */
export interface ConfineOptions {
  readonly files: RunFiles;
  readonly page: PagePlace | undefined;
  readonly spare: SpareFolders;
  /** The place of its standby supervisor; undefined if it gets its own supervisor. */
  readonly standby?: StandbyPlace | undefined;
}

/** How a further command enters a running session. */
export interface Entrance extends SessionStart {
  /** The program that enters the confinement and drops all rights that the session lacks. */
  readonly gate: readonly string[];
  /** The command of the starter inside the confinement. */
  readonly starter: readonly string[];
}

/** What keeps a session apart from the rest of the machine: nothing at all, or a sandbox. */
export interface Confinement extends Volumes {
  readonly name: 'sandbox' | 'process';
  readonly isolation: Isolation;
  /** Whether a page can be served at this socket, which only the platform reaches. */
  takesSocket(path: string): boolean;
  /** Whether a limit on processes counts only those of the session. */
  readonly countsProcesses: boolean;
  /** Whether a signal to the process group of the command would also end what confines it. */
  readonly sharesGroup: boolean;
  /** The group of standby supervisors that may run a session; undefined for none. */
  standbyGroup?(run: Run): string | undefined;
  /**
   * Prepares the place of a standby supervisor for sessions like this one.
   *
   * @param name - of the supervisor, later passed to `release` as `key`
   */
  placeStandby?(run: Run, name: string): Promise<StandbyPlace>;
  /** Prepares what a session needs on disk, and returns how to start it. */
  confine(run: LocalRun, options: ConfineOptions): Promise<ConfinedCommand>;
  /**
   * How a further command enters the confinement of a running session.
   *
   * @param supervisor - process number of its supervisor
   * @throws if that is not possible
   */
  enter(
    run: LocalRun,
    files: RunFiles,
    page: PagePlace | undefined,
    supervisor: number,
  ): Promise<Entrance>;
  /** Whether a session has all ports to itself, so that it can serve a page at the usual one. */
  ownPorts?(run: Run): boolean;
  /**
   * Called once a session has a supervisor, also one of an earlier platform: for example, opens its
   * connection to the outside.
   *
   * @param supervisor - its process number
   * @returns what the owner of the session should know
   */
  supervised?(run: Run, files: RunFiles, supervisor: number): Promise<RunNote | undefined>;
  /**
   * How to reach a port of a session that is not in this machine's network.
   *
   * @param supervisor - process number of its supervisor
   * @returns undefined if it is at this machine's loopback address
   */
  reach?(files: RunFiles, supervisor: number): Promise<ConnectToPort | undefined>;
  /** Frees what a session or a standby supervisor that has ended was given. */
  release?(run: Pick<LocalRun, 'key' | 'user'>): void;
  /** Closes what this process holds; sessions continue. */
  close?(): void;
  /** Why the command could not be confined, judging by what was printed; undefined if it was started. */
  failure(report: string, status: number | undefined): string | undefined;
}
