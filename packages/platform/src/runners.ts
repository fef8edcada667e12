import { isNotInstalled } from '@skaha/base/system-code.js';
import type {
  Leadership,
  LeadingOptions,
  Remains,
  Runner,
  RunnerEntry,
  RunnerOptions,
} from '@skaha/engine/ports/runner.js';
import { type DataLayout, platformInstance } from '@skaha/service/data.js';
import { PlatformError } from '@skaha/service/errors.js';
import type { RunningSettings } from './config/running.js';
import { knownPackages, type OwnRunner, runnerNames } from './runner-names.js';

/** The part of the configuration that is needed to open runners. */
export type RunnerSettings = Partial<Pick<RunningSettings, 'mounts' | 'container' | 'runners'>>;

/** The runners of this machine; the code of each is loaded on demand. */
const ownRunners: Readonly<Record<OwnRunner, RunnerEntry<RunnerSettings>>> = {
  container: {
    open: async ({ container, mounts = [] }, signal) => {
      const { openContainers } = await import('@skaha/platform-local/container/index.js');
      const all = [...mounts, ...(container?.mounts ?? [])];
      return await openContainers({ ...container, mounts: all }, signal);
    },
    // Containers outlive the platform; if none were created, no container engine is needed.
    clear: async ({ sessions, instance }, settings) => {
      const containers = await import('@skaha/platform-local/container/leftovers.js');
      if (!containers.hasContainers(sessions)) return undefined;
      return await containers.clearContainers(settings().container, instance);
    },
  },
  sandbox: {
    open: async ({ mounts = [] }, signal) => {
      const { openSandboxes } = await import('@skaha/platform-local/sandbox/sandbox-runner.js');
      return await openSandboxes(mounts, signal);
    },
  },
  process: {
    open: async () => {
      const { openProcesses } = await import('@skaha/platform-local/process-runner.js');
      return openProcesses();
    },
    // Also those of sandboxes, which are processes with the same files.
    clear: async ({ sessions, scratch }) => {
      const { clearLeftovers } = await import('@skaha/platform-local/leftovers.js');
      await clearLeftovers(sessions, scratch, () => false);
      return undefined;
    },
  },
};

/** Loads a package. */
type Load = (specifier: string) => Promise<unknown>;

const importPackage: Load = async (specifier) => await import(specifier);

/** The entry of a runner by name: of this machine, or of a package. */
async function entryOf(name: string, load: Load): Promise<RunnerEntry<RunnerSettings>> {
  const own = Object.entries(ownRunners).find(([key]) => key === name)?.[1];
  if (own !== undefined) return own;
  const specifier = `skaha-platform-${name}`;
  try {
    const { runner } = (await load(specifier)) as { runner: RunnerEntry };
    return {
      open: async ({ runners = {} }, signal) => await runner.open(runners[name], signal),
      lead: async ({ runners = {} }, options) => await runner.lead?.(runners[name], options),
      clear: async (remains, settings) =>
        await runner.clear?.(remains, () => settings().runners?.[name]),
    };
  } catch (error) {
    if (!isNotInstalled(error, specifier)) throw error;
    throw notInstalled(name, specifier, error);
  }
}

function notInstalled(name: string, specifier: string, cause: unknown): PlatformError {
  if (knownPackages.some((known) => known === name)) {
    const message = `The ${name} runner is a separate package, and it is not installed.`;
    const hint = `Install it alongside skaha-platform: 'npm install -g ${specifier}'`;
    return new PlatformError('platform.start_failed', message, { hint, cause });
  }
  const names = runnerNames().join(', ');
  return new PlatformError('config.invalid', `There is no runner "${name}".`, {
    hint: `Choose one of ${names}, or install a package that provides it: ${specifier}`,
    cause,
  });
}

/** A runner that can be created, and the reason for the choice. */
export interface ChosenRunner {
  make(options: RunnerOptions): Runner;
  /** Used to find it when its platform is reset. */
  readonly name: string;
  /** Why no better one was chosen. */
  readonly notice?: string | undefined;
}

/**
 * Finds a runner that works on this machine, by trying. `auto` stands for sandboxes if possible,
 * otherwise plain processes; never containers, which would pull images unexpectedly.
 *
 * @param load - loads the package of a runner that is not one of this machine
 * @throws {PlatformError} `platform.start_failed` if the chosen runner cannot work here or is not
 *   installed, and `config.invalid` if there is none with this name, or its settings are wrong
 */
export async function chooseRunner(
  { runner, ...settings }: RunnerSettings & { readonly runner: string },
  signal?: AbortSignal,
  load = importPackage,
): Promise<ChosenRunner> {
  const name = runner === 'auto' ? 'sandbox' : runner;
  const entry = await entryOf(name, load);
  const found = await entry.open(settings, signal);
  if (!('obstacle' in found)) return { name, make: found.make };
  if (runner !== 'auto') throw cannot(runner, found.obstacle);
  const { make } = await chooseRunner({ ...settings, runner: 'process' }, signal);
  return {
    name: 'process',
    make,
    notice: `Sessions run as plain processes, because ${found.obstacle}.`,
  };
}

/** Whether it is a runner of this machine, which allows only one platform. */
export const isAlone = (runner: string): boolean =>
  runner === 'auto' || Object.hasOwn(ownRunners, runner);

/**
 * Waits until this platform is the active one, if its runner allows several on one data directory.
 *
 * @throws {PlatformError} `platform.start_failed` if that cannot be found out
 */
export async function leadership(
  { runner, ...settings }: RunnerSettings & { readonly runner: string },
  options: LeadingOptions,
  load = importPackage,
): Promise<Leadership | undefined> {
  if (isAlone(runner)) return undefined;
  const found = await (await entryOf(runner, load)).lead?.(settings, options);
  if (found !== undefined && 'obstacle' in found) throw cannot(runner, found.obstacle);
  return found;
}

function cannot(runner: string, obstacle: string): PlatformError {
  const message = `The ${runner} runner cannot work here: ${obstacle}.`;
  const other = 'choose another with --runner, or let the platform choose with --runner auto';
  // Suggesting another runner would not help somebody who wants a cluster.
  const hint = Object.hasOwn(ownRunners, runner)
    ? `${other.replace('c', 'C')}.`
    : `Put that right, in 'runners.${runner}' of the configuration ('skaha platform config --path') or there; or ${other}.`;
  return new PlatformError('platform.start_failed', message, { hint });
}

/**
 * Ends and removes what runners left of a data directory whose platform no longer exists.
 *
 * @param last - name of the runner that it used last, if known
 * @param load - loads the package of a runner that is not one of this machine
 * @throws {PlatformError} `platform.storage` if something cannot be removed
 */
export async function clearRuns(
  layout: DataLayout,
  settings: () => RunnerSettings,
  last?: string,
  load = importPackage,
): Promise<void> {
  const remains: Remains = {
    data: layout.root,
    sessions: layout.sessions,
    scratch: layout.scratch,
    instance: platformInstance(layout),
  };
  for (const name of new Set([...(last === undefined ? [] : [last]), ...Object.keys(ownRunners)])) {
    const { clear } = await entryOf(name, load);
    const obstacle = await clear?.(remains, settings);
    if (obstacle === undefined) continue;
    const message = `What the ${name} runner left of the platform in ${layout.root} cannot be removed: ${obstacle}.`;
    const way = Object.hasOwn(ownRunners, name)
      ? `Start the engine of the ${name} runner`
      : `Put that right, in 'runners.${name}' of the configuration or where the sessions run`;
    throw new PlatformError('platform.storage', message, {
      hint: `${way}, and reset the platform again. If what it ran on does not exist any more, remove the folder yourself.`,
    });
  }
}
