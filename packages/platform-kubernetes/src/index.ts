import type { RunnerEntry } from '@skaha/engine/ports/runner.js';
import { clearKubernetes, leadKubernetes, openKubernetes } from './open.js';

/**
 * Runs the sessions of `skaha-platform` as Jobs of a Kubernetes cluster: `skaha platform start
 * --runner kubernetes` loads it by this name.
 */
export const runner: RunnerEntry = {
  open: openKubernetes,
  lead: leadKubernetes,
  clear: async (remains, settings) => await clearKubernetes(remains, settings()),
};
