import type { RunNetwork } from '@skaha/engine/ports/runner.js';
import type { ProjectSettings } from '@skaha/engine/settings.js';
import type { Mount } from '@skaha/platform-local/mounts.js';
import type * as z from 'zod/mini';
import type { RunningSchema } from './running-schema.js';

/** How sessions run, with every default filled in. */
export interface RunningSettings {
  /** The name of a runner, or `auto` for the best of this machine's own. */
  readonly runner: string;
  readonly runners: Readonly<Record<string, unknown>>;
  readonly headlessNetwork: RunNetwork;
  readonly interactiveNetwork: RunNetwork;
  readonly mounts: readonly Mount[];
  readonly container: NonNullable<z.infer<RunningSchema['container']>>;
  readonly maxProcesses: number;
  readonly projects: readonly ProjectSettings[];
}

type RunningConfig = {
  [Key in keyof RunningSchema]?: z.infer<RunningSchema[Key]> | undefined;
};

/** Fills in the defaults. */
export function settleRunning(config: RunningConfig, runner: string | undefined): RunningSettings {
  return {
    runner: runner ?? config.runner ?? 'auto',
    runners: config.runners ?? {},
    headlessNetwork: config.sandbox?.headlessNetwork ?? 'none',
    interactiveNetwork: config.sandbox?.interactiveNetwork ?? 'outgoing',
    mounts: config.sandbox?.mounts ?? [],
    container: { pull: 'missing', ...config.container },
    maxProcesses: config.maxProcesses ?? 4_096,
    projects: (config.projects ?? []).map(({ name, users }) => ({ name, users })),
  };
}
