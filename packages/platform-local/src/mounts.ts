import type { Run, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { placeInside, type Volume } from '@skaha/engine/ports/volumes.js';

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
