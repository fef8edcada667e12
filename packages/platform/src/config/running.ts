import type { RunNetwork } from '@skaha/engine/ports/runner.js';
import type { ProjectSettings } from '@skaha/engine/settings.js';
import type { Mount } from '@skaha/platform-local/places.js';
import * as z from 'zod/mini';

/** What runners are called. */
const runnerName = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,30}$/));

const absolute = z.string().check(z.regex(/^\/[^\0]*$/));

export const mountSchema = z.strictObject({
  source: absolute,
  target: absolute,
  readOnly: z.optional(z.boolean()),
});

const network = z.enum(['none', 'outgoing', 'host']);

/** Project names become directories. */
const project = z.strictObject({
  name: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)),
  /** Who works in it; everybody when it is left out. */
  users: z.optional(z.array(z.string())),
});

/** The part of the configuration that is about how sessions run. */
export const runningSchema = {
  runner: z.optional(runnerName),
  /** What runners of packages of their own are told, by their names; each reads its own. */
  runners: z.optional(z.record(runnerName, z.unknown())),
  sandbox: z.optional(
    z.strictObject({
      /** Network of headless sessions, where the runner has a choice. */
      headlessNetwork: z.optional(network),
      /** That of all others. */
      interactiveNetwork: z.optional(network),
      /** What every session sees beside its home, projects and scratch space. */
      mounts: z.optional(z.array(mountSchema)),
    }),
  ),
  container: z.optional(
    z.strictObject({
      socket: z.optional(absolute),
      network: z.optional(z.string()),
      pull: z.optional(z.enum(['missing', 'always', 'never'])),
      mounts: z.optional(z.array(mountSchema)),
    }),
  ),
  /** The most processes and threads of a session. */
  maxProcesses: z.optional(z.int().check(z.minimum(16), z.maximum(4_194_304))),
  projects: z.optional(z.array(project)),
};

/** How sessions run, with every default filled in. */
export interface RunningSettings {
  /** The name of a runner, or `auto` for the best of this machine's own. */
  readonly runner: string;
  readonly runners: Readonly<Record<string, unknown>>;
  readonly headlessNetwork: RunNetwork;
  readonly interactiveNetwork: RunNetwork;
  readonly mounts: readonly Mount[];
  readonly container: NonNullable<z.infer<(typeof runningSchema)['container']>>;
  readonly maxProcesses: number;
  readonly projects: readonly ProjectSettings[];
}

type RunningConfig = {
  [Key in keyof typeof runningSchema]?: z.infer<(typeof runningSchema)[Key]> | undefined;
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
