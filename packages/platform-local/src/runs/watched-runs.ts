import type { Run } from '@skaha/engine/ports/runner.js';
import type { RunGroups } from '../limits/cgroup.js';
import type { Standby } from '../supervisors/standby.js';
import type { RunFiles } from './run-files.js';

/** A run that is being watched. */
export interface Watched {
  readonly run: Run;
  readonly files: RunFiles;
  pid: number | undefined;
  /** Its groups, for a run that was launched here. */
  groups: RunGroups | undefined;
  /** The supervisor that runs it and goes on to another run then; undefined for one of its own. */
  standby: Standby | undefined;
  /** True when what was to start it has gone before it did. */
  isAgain: boolean;
  /** When its own directories were last changed before it began; NaN for one that was not there. */
  untouched: readonly (readonly [path: string, time: number])[];
  /** Resolves when it has ended and everything it started is gone. */
  readonly over: Promise<void>;
  readonly finish: () => void;
}

/** The runs being watched, by their keys. */
export class WatchedRuns {
  readonly #watched = new Map<string, Watched>();

  add(run: Run, files: RunFiles): Watched {
    let finish: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const watched: Watched = {
      run,
      files,
      pid: undefined,
      groups: undefined,
      standby: undefined,
      isAgain: false,
      untouched: [],
      over,
      finish,
    };
    this.#watched.set(run.key, watched);
    return watched;
  }

  get(key: string): Watched | undefined {
    return this.#watched.get(key);
  }

  has(watched: Watched): boolean {
    return this.#watched.get(watched.run.key) === watched;
  }

  remove(watched: Watched): void {
    if (this.has(watched)) this.#watched.delete(watched.run.key);
    watched.finish();
  }

  clear(): void {
    this.#watched.clear();
  }
}
