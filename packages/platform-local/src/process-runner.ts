import type { OpenedRunner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import type { Scripts } from './confinement.js';
import type { Limiter } from './limits/types.js';
import { LocalRunner } from './local-runner.js';
import { openLocal } from './open-local.js';
import { plainEnclosure } from './plain-process.js';

/** Runs sessions as plain processes, on every system. */
export const processRunner = (
  options: RunnerOptions,
  scripts: Scripts,
  limiter: Limiter,
): LocalRunner =>
  new LocalRunner({
    ...options,
    starters: scripts,
    enclosure: plainEnclosure(scripts, options.directoryOf),
    mounts: [],
    limiter,
  });

/** Plain processes can run everywhere. */
export const openProcesses = (): OpenedRunner => ({ make: openLocal(processRunner) });
