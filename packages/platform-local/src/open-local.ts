import { join } from 'node:path';
import type { Runner, RunnerParts } from '@skaha/engine/ports/runner.js';
import { writeFileAtomically } from '@skaha/service/data.js';
import type { Scripts } from './enclosure.js';
import { chooseLimiter } from './limits/choose.js';
import type { Limiter } from './limits/types.js';
import { starterScript, supervisorScript } from './supervisor.js';

/**
 * Makes a runner of processes. The scripts it starts are written again at every start, as this
 * version has them.
 */
export const openLocal =
  (make: (parts: RunnerParts, scripts: Scripts, limiter: Limiter) => Runner) =>
  (parts: RunnerParts): Runner => {
    const scripts: Scripts = {
      supervisor: join(parts.scripts, 'supervisor.sh'),
      starter: join(parts.scripts, 'start.sh'),
    };
    writeFileAtomically(scripts.supervisor, supervisorScript);
    // Sessions read it, whatever user they run as.
    writeFileAtomically(scripts.starter, starterScript, 0o644);
    return make(parts, scripts, chooseLimiter(parts.instance));
  };
