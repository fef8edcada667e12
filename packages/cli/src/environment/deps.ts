import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { Program } from '@skaha/terminal/program.js';
import type { Prompts } from '@skaha/terminal/prompts/types.js';
import type { SkahaClient, SkahaClientOptions } from 'skaha';
import type { JobStore } from 'skaha/batch/journal';
import type { LaunchLog } from 'skaha/history';
import type { GlobalOptions } from '../parse/globals.js';

/** What commands need from outside; `main` takes them from this machine, tests bring their own. */
export interface Services {
  /** Makes a client; the library is loaded here and not before. */
  connect(options: SkahaClientOptions): Promise<SkahaClient>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Opens a URL in the user's browser; false when there is none. */
  openBrowser(url: string): Promise<boolean>;
  /** Asks the person at the terminal; what asks is loaded here and not before. */
  prompts(): Promise<Prompts>;
  /** Runs a program in the terminal until it ends; undefined when it cannot be started. */
  runProgram(program: string, args: readonly string[]): Promise<number | undefined>;
  /**
   * Runs an extension in the terminal until it ends. It learns how to call back from
   * `SKAHA_EXECUTABLE`.
   *
   * @param signal - passed on to it
   * @returns its exit status; undefined when it cannot be started
   */
  runExtension(
    program: string,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<number | undefined>;
  /** The JavaScript runtime and the operating system, for bug reports. */
  describeHost(): Promise<{ runtime: string; system: string }>;
  /** The journals of batches. */
  jobs(): Promise<JobStore>;
  /**
   * Keeps memory small during work that leaves much garbage, until what it resolves to is called;
   * missing where the runtime cannot.
   */
  spareMemory?: (() => Promise<() => void>) | undefined;
  /** What was launched from here. */
  launches(): Promise<LaunchLog>;
  clock: Clock;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/** What a command's `run` gets to work with. */
export interface Deps extends Services {
  /** All commands; one of them cannot import the table that it is in. */
  program: Program;
  /** The options that every command takes, as given. */
  globals: GlobalOptions;
  /** Told what is done on the way; people see it when they ask for it. */
  logger: Logger;
  /** The client for the server that is meant; made on the first call, so a bad flag costs nothing. */
  client(): Promise<SkahaClient>;
  /**
   * Another client for the server that is meant, which reads the configuration as it is by now. Whoever
   * asked for it closes it.
   *
   * @param context - the one to stay with, where no option names one
   */
  anotherClient(context?: string): Promise<SkahaClient>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Ends what was opened on the way. */
  close(): Promise<void>;
}

export function createDeps(
  services: Services,
  globals: GlobalOptions,
  logger: Logger,
  program: Program,
): Deps {
  let made: Promise<SkahaClient> | undefined;
  const connect = async (context?: string): Promise<SkahaClient> => {
    const { clientOptions } = await import('./connect.js');
    return services.connect(await clientOptions(globals, context, services.clock, logger));
  };
  return {
    ...services,
    program,
    globals,
    logger,
    client: () => {
      made ??= connect();
      return made;
    },
    anotherClient: connect,
    now: () => services.clock.now(),
    close: async () => {
      const client = await made?.catch(() => undefined);
      await client?.close();
    },
  };
}
