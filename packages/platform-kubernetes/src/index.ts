import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerEntry } from '@skaha/engine/ports/runner.js';
import { clearKubernetes, openKubernetes } from './open.js';

/**
 * Runs the sessions of `skaha-platform` as Jobs of a Kubernetes cluster: `skaha platform start
 * --runner kubernetes` loads it by this name.
 */
export const runner: RunnerEntry = {
  open: openKubernetes,
  clear: async (remains, settings) => {
    // Where it never ran anything, no cluster is asked.
    if (!existsSync(join(remains.sessions, '.kubernetes-events'))) return undefined;
    return await clearKubernetes(remains, settings());
  },
};
