import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { entry, isName } from '@skaha/base/names.js';
import { isNotInstalled } from '@skaha/base/system-code.js';
import type { Io } from '@skaha/terminal/io.js';
import { SkahaError } from 'skaha';
import { expandPath, listContexts, loadConfiguration } from 'skaha/config';
import type { Fault, Platform, PlatformDescription as RunningPlatform } from 'skaha-platform';
import { configurationSource, readConfiguration } from '../../configuration/configuration.js';
import type { Deps } from '../../environment/deps.js';

/** What is known of another installation before it is loaded: types. */
export type { Fault, Platform, RunningPlatform };

export type PlatformModule = typeof import('skaha-platform');

/** What a platform says about itself to the process that started it, and to any other. */
export type PlatformDescription = Pick<
  RunningPlatform,
  Exclude<keyof RunningPlatform & keyof Platform, 'startedAt'>
>;

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
    if (!isNotInstalled(error, specifier)) throw error;
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
export async function selectedDirectory(
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
    return dataDirectoriesOf(io, [ca, active?.path])[0];
  } catch {
    // A configuration that cannot be read is no reason not to find the usual platform.
    return undefined;
  }
}

/** Data directories of platforms of this machine that the configuration knows. */
async function knownDirectories(io: Io, deps: Deps): Promise<string[]> {
  const known = await readConfiguration(io, deps).catch(() => undefined);
  const authorities = Object.values(known?.servers ?? {}).map(({ ca }) => ca);
  return dataDirectoriesOf(io, authorities);
}

/** The platform a command is about, or all that run where that is not said. */
export interface Chosen {
  platform?: RunningPlatform;
  running: readonly RunningPlatform[];
  /** Whether the active context points to one that does not run. */
  isPointed: boolean;
}

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
  const pointed = await selectedDirectory(io, deps, given);
  const meant = pointed === undefined ? undefined : await describePlatform(pointed);
  const none = { running: [], isPointed: false };
  if (meant !== undefined) return { ...none, platform: meant };
  if (given !== undefined) return none;
  const usual = await describePlatform();
  const running = new Map(usual === undefined ? [] : [[usual.data, usual]]);
  for (const directory of await knownDirectories(io, deps)) {
    const platform = await describePlatform(directory);
    if (platform !== undefined) running.set(platform.data, platform);
  }
  const [first, ...more] = running.values();
  // A context of another server leads to none of them: the one in the usual folder comes first.
  const isUsual = first !== undefined && (more.length === 0 || first === usual);
  if (pointed === undefined && isUsual) return { ...none, platform: first };
  return { running: [...running.values()], isPointed: pointed !== undefined };
}

/** The data directory that a file is in, if a platform made it: it has a marker. */
function dataDirectoryOf(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.skaha-platform'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The data directories that files are in. */
const dataDirectoriesOf = (io: Io, files: readonly (string | undefined)[]): string[] =>
  files.flatMap((path) =>
    path === undefined ? [] : (dataDirectoryOf(expandPath(path, io.env)) ?? []),
  );

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
