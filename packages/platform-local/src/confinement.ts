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

/** Where a standby supervisor is, which runs one session after the other. */
export interface StandbyPlace {
  /** It may run the sessions that have this {@link Confinement.standbyGroup}. */
  readonly group: string;
  /** The words before its own that lead it there. */
  readonly prefix: readonly string[];
  /** The address of whatever runs there; undefined when each session gets one of its own. */
  readonly address?: string | undefined;
}

/** How a command is started in a session. */
interface SessionStart {
  /** The owner's home as the session sees it: there it begins. */
  readonly home: string;
  /** The session's environment, which no program before its own may have. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How the command of a session is started so that it is confined. */
export interface ConfinedCommand extends SessionStart {
  /** What comes before the command: the program that confines it, the starter. */
  readonly prefix: readonly string[];
  /** What comes before a supervisor of its own, and leads it to where the session is. */
  readonly supervisorPrefix?: readonly string[] | undefined;
  /** Something about its confinement that its owner should know. */
  readonly note?: RunNote | undefined;
}

/** What a session has before it is confined. */
export interface ConfineOptions {
  readonly files: RunFiles;
  readonly page: PagePlace | undefined;
  readonly spare: SpareFolders;
  /** Where the standby supervisor is that runs it; undefined when it gets one of its own. */
  readonly standby?: StandbyPlace | undefined;
}

/** How a further command gets to where a session is. */
export interface Entrance extends SessionStart {
  /** What leads into the confinement and gives up all rights that the session does not have. */
  readonly gate: readonly string[];
  /** The starter, as it is called in there. */
  readonly starter: readonly string[];
}

/** What keeps a session apart from the rest of the machine: nothing at all, or a sandbox. */
export interface Confinement extends Volumes {
  readonly name: 'sandbox' | 'process';
  readonly isolation: Isolation;
  /** True when a page can be served at this socket of the platform's, which nobody else reaches. */
  takesSocket(path: string): boolean;
  /** True when a limit on processes counts those of the session only. */
  readonly countsProcesses: boolean;
  /** True when what confines the command is in its process group, and a signal to that would end it. */
  readonly sharesGroup: boolean;
  /** Says which standby supervisors may run a session; undefined for none. */
  standbyGroup?(run: Run): string | undefined;
  /**
   * Makes a place for a standby supervisor, for sessions like this one.
   *
   * @param name - of the supervisor, with which the place is given back
   */
  placeStandby?(run: Run, name: string): Promise<StandbyPlace>;
  /** Prepares what a session needs on the disk, and says how to start it. */
  confine(run: LocalRun, options: ConfineOptions): Promise<ConfinedCommand>;
  /**
   * Says how a further command gets into the confinement of a session that runs.
   *
   * @param supervisor - process number of its supervisor
   * @throws when it cannot
   */
  enter(
    run: LocalRun,
    files: RunFiles,
    page: PagePlace | undefined,
    supervisor: number,
  ): Promise<Entrance>;
  /** True when a session has all ports for itself, so that it can serve a page at the usual one. */
  ownPorts?(run: Run): boolean;
  /**
   * Does what is to be done beside a session once it has a supervisor, or its supervisor was found
   * again.
   *
   * @param supervisor - its process number
   * @returns what the owner of the session should know
   */
  supervised?(run: Run, files: RunFiles, supervisor: number): Promise<RunNote | undefined>;
  /**
   * How a port of a session is reached that is in no network of this machine's.
   *
   * @param supervisor - process number of its supervisor
   * @returns undefined when it is at this machine's loopback address
   */
  reach?(files: RunFiles, supervisor: number): Promise<ConnectToPort | undefined>;
  /** A session is over, or a standby supervisor gone: what was only for its time is free again. */
  release?(run: Pick<LocalRun, 'key' | 'user'>): void;
  /** Closes what this process holds; sessions go on. */
  close?(): void;
  /** Why the command could not be confined, by its report; undefined when it was started. */
  failure(report: string, status: number | undefined): string | undefined;
}
