import { realpathSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Run, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { placeInside, type Volume } from '@skaha/engine/ports/volumes.js';
import { giveAway } from '@skaha/service/ownership.js';

/** A directory or file of this machine that a session finds at a place of its own. */
export interface Mount {
  /** Absolute path on this machine. */
  readonly source: string;
  /** Absolute path in the session. */
  readonly target: string;
  readonly readOnly?: boolean | undefined;
}

/** A run with what it finds on this machine. */
export interface LocalRun extends Run {
  /** The owner's home on this machine. */
  readonly home: string;
  /** What else it finds, but for its scratch space. Plain processes keep the paths of the machine. */
  readonly mounts: readonly Mount[];
}

/**
 * Finds on this machine what a run works with.
 *
 * @param directoryOf - where a volume is
 * @param mounts - what every session finds besides what is its own
 */
export function withHostPaths(
  run: Run,
  directoryOf: RunnerOptions['directoryOf'],
  mounts: readonly Mount[],
): LocalRun {
  const placed = (kind: Volume['kind']): Mount[] =>
    run.volumes
      .filter((volume) => volume.kind === kind)
      .map((volume) => ({ source: directoryOf(volume), target: placeInside(volume) }));
  return {
    ...run,
    environment: { ...run.environment, ...run.secrets },
    home: directoryOf({ kind: 'home', user: run.user }),
    mounts: [...placed('project'), ...mounts, ...placed('display')],
  };
}

/**
 * Makes what a session finds where that is missing, but for what it only reads.
 *
 * @throws when its home, or something that it only reads, is not there
 */
export async function ensureMounts({ home, mounts }: LocalRun): Promise<void> {
  await access(home);
  for (const { source, readOnly } of mounts) {
    await (readOnly === true ? access(source) : mkdir(source, { recursive: true, mode: 0o700 }));
  }
}

/**
 * Gives what root made for a session to its user: only what is the platform's, so that directories of
 * the machine stay as they are.
 *
 * @param data - the data directory of the platform
 */
export async function giveMounts(
  { home, mounts }: LocalRun,
  data: string,
  uid: number,
): Promise<void> {
  await giveAway(home, uid);
  for (const { source, readOnly } of mounts) {
    if (readOnly !== true && isWithin(source, data)) await giveAway(source, uid);
  }
}

/** True for a path, and for all that lies in it. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

/** A path without links, as far as it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) return path;
    const real = realPath(parent);
    return `${real === '/' ? '' : real}${path.slice(parent === '/' ? 0 : parent.length)}`;
  }
}
