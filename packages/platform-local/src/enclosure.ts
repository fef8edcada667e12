import type { Isolation, Run } from '@skaha/engine/ports/runner.js';
import type { RunFiles } from './run-files.js';

/** The programs of the platform that stand around a session. */
export interface Scripts {
  readonly supervisor: string;
  readonly starter: string;
}

/** Where a session must serve its page. */
export type PagePlace =
  | { readonly port: number }
  /** At `page.sock` in the directory `RunFiles.page`. */
  | { readonly socket: true };

/** How one command is started so that it is enclosed. */
export interface Enclosed {
  /** What stands before the command: the program that encloses, the starter. */
  readonly words: readonly string[];
  /** The owner's home as the session sees it: there it begins. */
  readonly home: string;
  /** The session's environment, which no program before its own may have. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What keeps a session apart from the rest of the machine: nothing at all, or a sandbox. */
export interface Enclosure {
  readonly name: 'sandbox' | 'process';
  readonly isolation: Isolation;
  readonly hasMounts: boolean;
  /** True when a page can be served at this socket of the platform's, which nobody else reaches. */
  takesSocket(path: string): boolean;
  /** True when a limit on processes counts those of the session only. */
  readonly countsProcesses: boolean;
  /** True when a signal to the process group would end the enclosure, not the command in it. */
  readonly isOutside: boolean;
  homeOf(user: string): string;
  /** Prepares what a session needs on the disk, and says how to start it. Its log is open as `log`. */
  enclose(run: Run, files: RunFiles, page: PagePlace | undefined, log: number): Promise<Enclosed>;
  /** Why the enclosure could not be made, by its report; undefined when the command was started. */
  failure(report: string, status: number | undefined): string | undefined;
}
