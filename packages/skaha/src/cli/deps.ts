import type { JobStore } from '../batch/journal-files.js';
import type { SkahaClientOptions } from '../client/options.js';
import type { SkahaClient } from '../client.js';
import { SkahaError } from '../errors/index.js';
import type { Clock } from '../utils/clock.js';
import type { Io } from './io.js';
import type { GlobalOptions } from './parse/globals.js';
import type { Prompts } from './prompts/types.js';

/** What commands need from outside; `main` takes them from this machine, tests bring their own. */
export interface Services {
  /** Makes a client; the library is loaded here and not before. */
  connect(options: SkahaClientOptions): Promise<SkahaClient>;
  /** Reads a text file. */
  readTextFile(path: string): Promise<string>;
  /** Opens a URL in the user's browser; false when there is none. */
  openBrowser(url: string): Promise<boolean>;
  /** Asks the person at the terminal; what asks is loaded here and not before. */
  prompts(): Promise<Prompts>;
  /** Runs a program in the terminal until it ends; undefined when it cannot be started. */
  runProgram(program: string, args: readonly string[]): Promise<number | undefined>;
  /** The JavaScript runtime and the operating system, for bug reports. */
  describeHost(): Promise<{ runtime: string; system: string }>;
  /** The journals of batches. */
  jobs(): Promise<JobStore>;
  clock: Clock;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/** What a command's `run` gets to work with. */
export interface Deps extends Services {
  /** The options that every command takes, as given. */
  globals: GlobalOptions;
  /** The client for the server that is meant; made on the first call, so a bad flag costs nothing. */
  client(): Promise<SkahaClient>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Ends what was opened on the way. */
  close(): Promise<void>;
}

async function readToken(services: Services, path: string): Promise<string> {
  try {
    return (await services.readTextFile(path)).trim();
  } catch (cause) {
    throw new SkahaError(
      'authentication.credential_missing',
      `The token file ${path} cannot be read.`,
      { cause, hint: 'Check the path given with --token-file.' },
    );
  }
}

/**
 * Binds the services to one command line.
 *
 * @param services - the outside
 * @param globals - the common options as given
 * @param io - where log lines go
 */
export function createDeps(services: Services, globals: GlobalOptions, io: Io): Deps {
  let made: Promise<SkahaClient> | undefined;
  const connect = async (): Promise<SkahaClient> => {
    const { createLogger } = await import('./log.js');
    const { tokenFile, url, certificate, context, server, idp, config, ca, timeoutMs } = globals;
    const token = tokenFile === undefined ? undefined : await readToken(services, tokenFile);
    const chosen = { url, token, certificate, context, server, idp, config, ca, timeoutMs };
    const given = Object.fromEntries(
      Object.entries(chosen).filter(([, value]) => value !== undefined),
    );
    // No signal for the client as a whole: launches under way get a moment to tell their ids.
    return services.connect({ ...given, logger: createLogger(io, globals) });
  };
  return {
    ...services,
    globals,
    client: () => {
      made ??= connect();
      return made;
    },
    now: () => services.clock.now(),
    close: async () => {
      const client = await made?.catch(() => undefined);
      await client?.close();
    },
  };
}
