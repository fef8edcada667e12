import { type Stats, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { PlatformError } from '@skaha/service/errors.js';
import { isWithin, type Mount, realPath } from './mounts.js';
import { sandboxPaths } from './sandbox/arguments.js';
import { homesHere } from './sandbox/shown.js';

/** What mounts of the configuration must not touch. */
export interface MountGround {
  /** The data directory. */
  readonly data: string;
  /** Names of the projects, which are mounts of the platform's own. */
  readonly projects: readonly string[];
  /** Mounts that sessions have as well. */
  readonly beside?: readonly Mount[] | undefined;
  /** Whether the system in a session is that of an image, which may be replaced. */
  readonly inImage?: boolean | undefined;
}

/** Where homes are, also those of users that only the network knows. */
const usualHomes = ['/home', '/Users'];

/** Places in a session that the platform makes, or that the system needs as they are. */
const ownPlaces = [
  '/arc/home',
  sandboxPaths.scratch,
  sandboxPaths.page,
  dirname(sandboxPaths.starter),
  '/tmp',
  '/var/tmp',
  '/proc',
  '/dev',
  '/sys',
];

/** Directories of a sandbox in which a mount may lie, but which none may replace. */
const systemPlaces = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib64'];

/**
 * Holds the mounts of a configuration against what no session may ever see or change, and returns
 * them as they are made: without links, and outer ones first.
 *
 * @param mounts - of one list of the configuration
 * @param key - of the list, for messages
 * @throws {PlatformError} `config.invalid` for one that shows a home or the data directory, that
 *   sessions could lead elsewhere, or that is where it must not be
 */
export function checkMounts(
  mounts: readonly Mount[],
  key: string,
  { data, projects, beside = [], inImage = false }: MountGround,
): Mount[] {
  if (mounts.length === 0) return [];
  const own = [...ownPlaces, ...projects.map((name) => `/arc/projects/${name}`)];
  const system = inImage ? [] : systemPlaces;
  const secrets = secretPlaces(data);
  const real = mounts.map(({ source, target, readOnly }) => ({
    source: realPath(source),
    target: posix.normalize(target).replace(/(?<=.)\/$/, ''),
    readOnly: readOnly ?? false,
  }));
  for (const [index, mount] of real.entries()) {
    const others = [...beside, ...real.filter((_, other) => other !== index)];
    const why =
      whySecret(mount.source, secrets) ??
      whyForeign(mount.source, others) ??
      whyNowhere(mount.target, { own, system }, others);
    if (why === undefined) continue;
    throw new PlatformError(
      'config.invalid',
      `The mount of ${mounts[index]?.source} at ${mount.target} (${key}) is refused: ${why}.`,
      {
        hint:
          'Give a folder that contains only what every session may see, and a target that is ' +
          'not used by the platform, such as /data/NAME.',
      },
    );
  }
  return real.toSorted((one, other) => levelsOf(one.target) - levelsOf(other.target));
}

const levelsOf = (path: string): number => path.split('/').length;

/** A directory that no session may see, and what it is. */
interface Secret {
  readonly path: string;
  readonly name: string;
}

function secretPlaces(data: string): Secret[] {
  const root = realPath(data);
  const parts = ['', 'private', 'sessions', 'scratch', 'arc', 'arc/home', 'arc/projects'];
  return [
    ...parts.map((part) => ({ path: join(root, part), name: 'the data folder of the platform' })),
    ...homesHere().map((path) => ({ path, name: `the home ${path}` })),
  ];
}

/** The same directory may have several paths: what a path leads to is compared, not the path. */
const identityOf = (path: string): string | undefined => {
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
};

/** A path and all that it lies in, up to the root. */
function wayTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...wayTo(parent)];
}

function whySecret(source: string, secrets: readonly Secret[]): string | undefined {
  const itself = identityOf(source);
  const around = wayTo(source).map(identityOf);
  for (const { path, name } of secrets) {
    const holds = wayTo(path).some(
      (part) => part === source || (itself !== undefined && identityOf(part) === itself),
    );
    if (holds) return source === path ? `it is ${name}` : `it contains ${name}`;
    const isOfData = !name.startsWith('the home');
    const place = identityOf(path);
    if (isOfData && (isWithin(source, path) || (place !== undefined && around.includes(place)))) {
      return `it is in ${name}`;
    }
  }
  const isHome = usualHomes.some((homes) => source === homes || dirname(source) === homes);
  return isHome ? 'it is a home, or contains homes' : undefined;
}

/** What sessions can change they could replace by a link to anything. */
function whyForeign(source: string, others: readonly Mount[]): string | undefined {
  const outer = others.find(
    (other) => other.readOnly !== true && source !== other.source && isWithin(source, other.source),
  );
  return outer === undefined ? undefined : `it is in ${outer.source}, which sessions can change`;
}

function whyNowhere(
  target: string,
  { own, system }: { readonly own: readonly string[]; readonly system: readonly string[] },
  others: readonly Mount[],
): string | undefined {
  const taken = own.find((place) => isWithin(target, place) || isWithin(place, target));
  if (taken !== undefined) return `${taken} in a session is used by the platform`;
  const hidden = system.find((place) => isWithin(place, target));
  if (hidden !== undefined) return `it would hide ${hidden}`;
  if (others.some((other) => other.target === target)) return 'another mount has the same place';
  const outer = others.find((other) => other.readOnly !== true && isWithin(target, other.target));
  return outer === undefined ? undefined : `${outer.target} is a place that sessions can change`;
}
