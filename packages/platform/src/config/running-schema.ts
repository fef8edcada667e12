import { zod } from './zod.js';

/** Names of runners. */
const runnerName = () => {
  const z = zod();
  return z.string().check(z.regex(/^[a-z][a-z0-9-]{0,30}$/));
};

const absolute = () => {
  const z = zod();
  return z.string().check(z.regex(/^\/[^\0]*$/));
};

const mount = () => {
  const z = zod();
  return z.strictObject({
    source: absolute(),
    target: absolute(),
    readOnly: z.optional(z.boolean()),
  });
};

const network = () => zod().enum(['none', 'outgoing', 'host']);

/** Names of projects are used for directories. */
const project = () => {
  const z = zod();
  return z.strictObject({
    name: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)),
    /** Its users; everybody if omitted. */
    users: z.optional(z.array(z.string())),
  });
};

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

/** The schema of this part. */
export type RunningSchema = ReturnType<typeof running>;
