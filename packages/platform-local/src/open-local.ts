import type { Runner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import type { Scripts } from './confinement.js';
import { chooseLimiter } from './limits/choose.js';
import type { Limiter } from './limits/types.js';
import { installScripts } from './supervisors/install.js';

/**
 * Makes a runner of processes. The scripts it starts are written again at every start, as this
 * version has them.
 */
export const openLocal =
  (make: (options: RunnerOptions, scripts: Scripts, limiter: Limiter) => Runner) =>
  (options: RunnerOptions): Runner => {
    return make(options, installScripts(options.scripts), chooseLimiter(options.instance));
  };
