import type { RunNetwork } from '@skaha/engine/ports/runner.js';
import type { ProjectSettings } from '@skaha/engine/settings.js';
import type { Mount } from '@skaha/platform-local/places.js';
import type * as z from 'zod/mini';
import { zod } from './zod.js';

/** Names of runners. */
const runnerName = (z = zod()) => z.string().check(z.regex(/^[a-z][a-z0-9-]{0,30}$/));

/** An absolute path. */
export const absolute = (z = zod()) => z.string().check(z.regex(/^\/[^\0]*$/));

const mount = (z = zod()) =>
  z.strictObject({
    source: absolute(),
    target: absolute(),
    readOnly: z.optional(z.boolean()),
  });

const network = () => zod().enum(['none', 'outgoing', 'host']);

/** Names of projects are used for directories. */
const project = (z = zod()) =>
  z.strictObject({
    name: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)),
    /** Its users; everybody if omitted. */
    users: z.optional(z.array(z.string())),
  });

/** The part of the configuration about how sessions run. */
export const running = () => {
  const z = zod();
  return {
    runner: z.optional(runnerName()),
    /** Settings of runners in separate packages, by name; each runner checks its own. */
    runners: z.optional(z.record(runnerName(), z.unknown())),
    sandbox: z.optional(
      z.strictObject({
        /** Network of headless sessions, if the runner has a choice. */
        headlessNetwork: z.optional(network()),
        /** Network of all other sessions. */
        interactiveNetwork: z.optional(network()),
        /** Further directories in every session, besides home, projects and scratch space. */
        mounts: z.optional(z.array(mount())),
      }),
    ),
    container: z.optional(
      z.strictObject({
        socket: z.optional(absolute()),
        network: z.optional(z.string()),
        pull: z.optional(z.enum(['missing', 'always', 'never'])),
        mounts: z.optional(z.array(mount())),
      }),
    ),
    /** How many processes and threads a session may have. */
    maxProcesses: z.optional(z.int().check(z.minimum(16), z.maximum(4_194_304))),
    projects: z.optional(z.array(project())),
  };
};

type RunningSchema = ReturnType<typeof running>;

/** How sessions run, with all defaults. */
export interface RunningSettings {
  /** The name of a runner, or `auto` for the best one on this machine. */
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
