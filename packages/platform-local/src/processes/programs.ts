import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isProgram } from '@skaha/base/is-program.js';

/** Where programs of the system are. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The whole environment of the programs around a session. Nothing of a user is in it, because
 * loaders, shells and languages obey variables; nothing of the platform's own, because a session
 * can read the environment of its supervisor.
 */
export const fixedEnvironment = { PATH: systemPath, LC_ALL: 'C' } as const;

/**
 * The absolute path of a program; undefined when there is none. Folders that depend on the current
 * one are passed over.
 *
 * @param path - folders to look in, those of `PATH` by default
 */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(':')
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** Whether this process is root's, which gives up its rights before a session begins. */
export const isRoot = (): boolean => process.getuid?.() === 0;

/** Where a session finds its programs: Node of the platform, then those of the system. */
export const sessionPath = (): string => `${dirname(process.execPath)}:${systemPath}`;

/**
 * Where a program of this package is: beside this file when that is built, in the build when it is run
 * from source.
 *
 * @param path - in the package
 */
export const ownProgram = (path: string): string | undefined =>
  [`../${path}`, `../../dist/${path}`]
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((place) => existsSync(place));

const closesOnExec = 0o2000000;

/**
 * Descriptors of this process that every program it starts would inherit, besides the three of
 * every program: whatever was open in the shell that started the platform. Linux only; elsewhere
 * none are inherited.
 */
export function strayDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((descriptor) => descriptor > 2 && isStray(descriptor));
  } catch {
    return [];
  }
}

/** True while a descriptor is open and would be inherited. */
export function isStray(descriptor: number): boolean {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    const flags = /^flags:\s*([0-7]+)/m.exec(text)?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closesOnExec) === 0;
  } catch {
    return false;
  }
}
