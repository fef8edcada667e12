import { zod } from './zod.js';

/** What runners are called. */
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

/** Project names become directories. */
const project = () => {
  const z = zod();
  return z.strictObject({
    name: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)),
    /** Who works in it; everybody when it is left out. */
    users: z.optional(z.array(z.string())),
  });
};

/** The part of the configuration that is about how sessions run. */
export const running = () => {
  const z = zod();
  return {
    runner: z.optional(runnerName()),
    /** Settings of runners in separate packages, by their names; each reads its own. */
    runners: z.optional(z.record(runnerName(), z.unknown())),
    sandbox: z.optional(
      z.strictObject({
        /** Network of headless sessions, where the runner has a choice. */
        headlessNetwork: z.optional(network()),
        /** That of all others. */
        interactiveNetwork: z.optional(network()),
        /** What every session sees besides its home, projects and scratch space. */
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
    /** The most processes and threads of a session. */
    maxProcesses: z.optional(z.int().check(z.minimum(16), z.maximum(4_194_304))),
    projects: z.optional(z.array(project())),
  };
};

/** The same, as it is read. */
export type RunningSchema = ReturnType<typeof running>;
