import type { Duplex } from 'node:stream';
import type { Isolation, Run, RunNote } from '@skaha/engine/ports/runner.js';
import type { Volumes } from '@skaha/engine/ports/volumes.js';
import type { LocalRun } from './mounts.js';
import type { RunFiles } from './runs/run-files.js';
import type { SpareFolders } from './runs/spare-folders.js';

/** The programs of the platform that stand around a session. */
export interface Scripts {
  readonly supervisor: string;
  /** A supervisor that takes one session after the other. */
  readonly standby: string;
  readonly starter: string;
  /** Begins a further command of a session that runs. */
  readonly enter: string;
  /** Directory of names that programs are usually called by, where this machine has another. */
  readonly names: string;
}

/** Where a session must serve its page. */
export type PagePlace =
  | { readonly port: number }
  /** At `page.sock` in the directory `RunFiles.page`. */
  | { readonly socket: true };

/** Where a supervisor stands that has one session after the other. */
export interface Standing {
  /** Tells which sessions it may have. */
  readonly of: string;
  /** What leads it there. */
  readonly words: readonly string[];
  /** The address of whatever runs there; undefined when each session gets one of its own. */
  readonly address?: string | undefined;
}

/** Connects to a port. */
export type ConnectToPort = (port: number) => Promise<Duplex>;

/** How one command is started so that it is enclosed. */
export interface EnclosedCommand {
  /** What stands before the command: the program that encloses, the starter. */
  readonly words: readonly string[];
  /** What leads the supervisor itself to where the session is; nothing when that is left out. */
  readonly before?: readonly string[] | undefined;
  /** Something about its enclosure that its owner should know. */
  readonly note?: RunNote | undefined;
  /** The owner's home as the session sees it: there it begins. */
  readonly home: string;
  /** The session's environment, which no program before its own may have. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What there is of a session when it is enclosed. */
export interface Ground {
  readonly files: RunFiles;
  readonly page: PagePlace | undefined;
  readonly spare: SpareFolders;
  /** Where the supervisor stands that waits for it; undefined when it gets one of its own. */
  readonly standing?: Standing | undefined;
}

/** How a further command gets to where a session is. */
export interface Entrance extends Omit<EnclosedCommand, 'words' | 'before' | 'note'> {
  /** What leads into the enclosure and gives up all rights that the session has not. */
  readonly gate: readonly string[];
  /** The starter, as it is called in there. */
  readonly starter: readonly string[];
}

/** What keeps a session apart from the rest of the machine: nothing at all, or a sandbox. */
export interface Enclosure extends Volumes {
  readonly name: 'sandbox' | 'process';
  readonly isolation: Isolation;
  /** True when a page can be served at this socket of the platform's, which nobody else reaches. */
  takesSocket(path: string): boolean;
  /** True when a limit on processes counts those of the session only. */
  readonly countsProcesses: boolean;
  /** True when a signal to the process group would end the enclosure, not the command in it. */
  readonly isOutside: boolean;
  /** Tells which supervisors that stand ready a session may have, by {@link Standing.of}; undefined for none. */
  standingOf?(run: Run): string | undefined;
  /**
   * Makes a place where a supervisor can stand, for sessions like this one.
   *
   * @param name - of the supervisor, with which the place is given back
   */
  stand?(run: Run, name: string): Promise<Standing>;
  /** Prepares what a session needs on the disk, and says how to start it. */
  enclose(run: LocalRun, ground: Ground): Promise<EnclosedCommand>;
  /**
   * Says how a further command gets into the enclosure of a session that runs.
   *
   * @param supervisor - process number of what stands over the session
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
   * What stands over a run is there, or was found again: what needs to be done beside it is done now.
   *
   * @param supervisor - its process number
   * @returns what its owner should know
   */
  attend?(run: Run, files: RunFiles, supervisor: number): Promise<RunNote | undefined>;
  /**
   * How a port of a run is reached that is in no network of this machine's.
   *
   * @param supervisor - process number of what stands over it
   * @returns undefined when it is at this machine's loopback address
   */
  reach?(files: RunFiles, supervisor: number): Promise<ConnectToPort | undefined>;
  /** A run is over: what was only for its time can be given to others. */
  release?(run: Pick<LocalRun, 'key' | 'user'>): void;
  /** Lets go of what it holds; runs that go on are left alone. */
  close?(): void;
  /** Why the enclosure could not be made, by its report; undefined when the command was started. */
  failure(report: string, status: number | undefined): string | undefined;
}
