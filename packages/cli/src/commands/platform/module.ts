import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { entry, isName } from '@skaha/base/names.js';
import type { Io } from '@skaha/terminal/io.js';
import { SkahaError } from 'skaha';
import { expandPath, listContexts, loadConfiguration } from 'skaha/config';
import { configurationSource } from '../../configuration.js';
import type { Deps } from '../../deps.js';

/** What runs its sessions. */
export interface RunnerDescription {
  name: string;
  /** What it keeps apart or within limits. */
  isolates: readonly string[];
  /** What it does not. */
  lacks: readonly string[];
  /** Why a better one was not chosen. */
  notice?: string | undefined;
  /** Why it does not know at present what becomes of sessions. */
  trouble?: string | undefined;
}

/** The database that keeps its state. */
export interface StoreDescription {
  name: string;
  /** Why nothing can be stored there at present. */
  trouble?: string | undefined;
  /** How many changes it has yet to be told. */
  pending: number;
}

/** A platform that runs, as seen from this command. */
export interface PlatformDescription {
  /** Application root without version. */
  url: string;
  /** Unix socket at which it answers on this machine. */
  socket?: string | undefined;
  /** PEM file of its certificate authority. */
  ca: string;
  /** PEM file with the user's certificate and key. */
  certificate: string;
  /** File that holds the user's token. */
  tokenFile: string;
  /** File with the password made for the user; undefined when the user's configuration sets one. */
  passwordFile?: string | undefined;
  /** Issuer of its OIDC provider. */
  issuer: string;
  /** Registry document that leads to it. */
  registry: string;
  token: string;
  user: string;
  home: string;
  data: string;
  pid: number;
  port: number;
  runner?: RunnerDescription | undefined;
  /** Left out where its data folder does. */
  store?: StoreDescription | undefined;
  /** What its owner should know about this start. */
  notices?: readonly string[] | undefined;
}

/** Cores, and bytes of memory. */
export interface Amount {
  readonly cores: number;
  readonly memory: number;
}

/** What the platform says about itself to another process. */
export interface RunningPlatform extends PlatformDescription {
  startedAt: string | Date;
  /** Numbers of sessions by status. */
  sessions: Readonly<Record<string, number>>;
  kinds: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Sessions that wait for room. */
  queued: number;
  capacity: Amount;
  requested: Amount;
  used: Amount;
  /** Bytes of its own process. */
  memory: number;
  /** Bytes of its data, and what is left on the disk. */
  disk?: { readonly used: number; readonly complete: boolean; readonly free: number } | undefined;
}

/** A platform in this process. */
export interface OwnPlatform extends PlatformDescription {
  stop(options?: { sessions?: 'end' | 'leave' }): Promise<void>;
  /** Resolves when it has stopped, whoever stopped it. */
  stopped: Promise<void>;
  /** Why it stopped without being asked: another may have taken over. */
  readonly takenOver?: string | undefined;
}

/** How to start a platform. */
export interface StartOptions {
  data?: string | undefined;
  port?: number | undefined;
  user?: string | undefined;
  runner?: string | undefined;
  /** Address of the database that keeps its state. */
  store?: string | undefined;
  /** Faults in force from the start. */
  faults?: readonly string[] | undefined;
  /** Reproduces the oddities of the real server. */
  strict?: boolean | undefined;
  /** Versions of the API to serve. */
  apiVersions?: readonly ('v0' | 'v1')[] | undefined;
  signal?: AbortSignal | undefined;
}

/** A misbehaviour in force, with what is set for it. */
export interface PlatformFault {
  kind: string;
  [setting: string]: string | number | undefined;
}

/** Which platform a call is for. */
interface FaultCall {
  data?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** The part of the package `skaha-platform` that this command uses. */
export interface PlatformModule {
  startPlatform(options: StartOptions): Promise<OwnPlatform>;
  startDetached(options: StartOptions): Promise<PlatformDescription>;
  describePlatform(data?: string): Promise<RunningPlatform | undefined>;
  stopPlatform(options: {
    data?: string | undefined;
    sessions?: 'end' | 'leave' | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<boolean>;
  resetPlatform(data?: string): Promise<void>;
  /** The database with the sessions of a data directory; older platforms do not tell. */
  keptDatabase?(data?: string): { readonly name: string; readonly address: string } | undefined;
  platformLogFile(data?: string): string;
  /** Makes the configuration file when there is none; gives its path. */
  prepareConfig(data?: string): string;
  /** Throws `config.invalid` when no platform would start with it. */
  checkConfig(text: string, path: string): void;
  /** The names of runners, those of installed packages included. */
  runnerNames(): readonly string[];
  /** Every fault there is, and what it does. */
  readonly faultForms: Readonly<Record<string, { readonly what: string }>>;
  listFaults(options: FaultCall): Promise<readonly PlatformFault[]>;
  setFault(fault: string, options: FaultCall): Promise<readonly PlatformFault[]>;
  clearFaults(kind: string | undefined, options: FaultCall): Promise<readonly PlatformFault[]>;
}

const isMissing = (error: unknown, specifier: string): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${specifier}'`);

/**
 * Loads the local platform, which is a package of its own.
 *
 * @param specifier - held in a variable, so that no bundler or compiler follows it
 * @throws {SkahaError} `platform.not_installed`
 */
export async function loadPlatform(specifier = 'skaha-platform'): Promise<PlatformModule> {
  try {
    const loaded: PlatformModule = await import(specifier);
    return loaded;
  } catch (error) {
    if (!isMissing(error, specifier)) throw error;
    throw new SkahaError(
      'platform.not_installed',
      'The local platform is a separate package, and it is not installed.',
      { hint: "Install it alongside skaha: 'npm install -g skaha-platform'", cause: error },
    );
  }
}

/** The data directory that was asked for, as an absolute path. */
export const dataDirectory = (io: Io, data: string | undefined): string | undefined =>
  data === undefined ? undefined : resolve(expandPath(data, io.env));

/**
 * The data directory of the platform that is meant: the one that was asked for, else the one that
 * the active context points to, else the usual one. A context of a local platform names files of
 * its data directory: the authority of its server, and the token of its user.
 */
export async function meantDirectory(
  io: Io,
  deps: Deps,
  given: string | undefined,
): Promise<string | undefined> {
  if (given !== undefined) return dataDirectory(io, given);
  try {
    const source = configurationSource(io, deps);
    const { configuration } = await loadConfiguration(source);
    const active = (await listContexts(source)).find((context) => context.active);
    const ca = active && entry(configuration.servers, active.server)?.ca;
    const files = [ca, active?.path].filter((path) => typeof path === 'string');
    return files.flatMap((path) => dataDirectoryOf(expandPath(path, io.env)) ?? [])[0];
  } catch {
    // A configuration that cannot be read is no reason not to find the usual platform.
    return undefined;
  }
}

/** Data directories of platforms of this machine that the configuration knows. */
async function knownDirectories(io: Io, deps: Deps): Promise<string[]> {
  const known = await loadConfiguration(configurationSource(io, deps)).catch(() => undefined);
  const authorities = Object.values(known?.configuration.servers ?? {}).map(({ ca }) => ca);
  return authorities.flatMap((ca) =>
    typeof ca === 'string' ? (dataDirectoryOf(expandPath(ca, io.env)) ?? []) : [],
  );
}

/** The platform a command is about, or all that run where that is not said. */
export type Chosen =
  | { platform: RunningPlatform }
  | {
      platform?: undefined;
      running: readonly RunningPlatform[];
      /** Whether the active context points to one that does not run. */
      isPointed: boolean;
    };

/**
 * Finds the platform that is meant: the one that was asked for, else the one that the active context
 * points to, else the one in the usual folder or the only one that runs.
 */
export async function choosePlatform(
  io: Io,
  deps: Deps,
  { describePlatform }: PlatformModule,
  given: string | undefined,
): Promise<Chosen> {
  const pointed = await meantDirectory(io, deps, given);
  const meant = pointed === undefined ? undefined : await describePlatform(pointed);
  if (meant !== undefined) return { platform: meant };
  if (given !== undefined) return { running: [], isPointed: false };
  const usual = await describePlatform();
  const running = new Map(usual === undefined ? [] : [[usual.data, usual]]);
  for (const directory of await knownDirectories(io, deps)) {
    const platform = await describePlatform(directory);
    if (platform !== undefined) running.set(platform.data, platform);
  }
  const [first, ...more] = running.values();
  // A context of another server leads to none of them: the one in the usual folder comes first.
  const isUsual = first !== undefined && (more.length === 0 || first === usual);
  if (pointed === undefined && isUsual) return { platform: first };
  return { running: [...running.values()], isPointed: pointed !== undefined };
}

/** The data directory that a file is in, if a platform made it: it has a marker. */
function dataDirectoryOf(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.skaha-platform'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Whose passwords a platform of this machine has made, and where they are. */
export interface LocalAccount {
  /** Its main user. */
  user: string;
  /** The file with the password of a user; undefined where the platform has not made it. */
  passwordFile(user: string): string | undefined;
}

/**
 * What is known on this machine about the accounts of a platform.
 *
 * @param ca - the authority of a server, by which a platform of this machine is known
 */
export async function localAccount(ca: string | undefined): Promise<LocalAccount | undefined> {
  const data = ca === undefined ? undefined : dataDirectoryOf(ca);
  if (data === undefined) return undefined;
  try {
    const { describePlatform } = await loadPlatform();
    const platform = await describePlatform(data);
    if (platform === undefined) return undefined;
    const folder = dirname(platform.tokenFile);
    const fileOf = (user: string) => join(folder, `${user}.password`);
    return {
      user: platform.user,
      passwordFile: (user) => (isName(user) && existsSync(fileOf(user)) ? fileOf(user) : undefined),
    };
  } catch {
    // Without it a login goes as with any other server.
    return undefined;
  }
}
