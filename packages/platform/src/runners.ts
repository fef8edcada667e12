import type { OpenedRunner, Runner, RunnerParts } from '@skaha/engine/ports/runner.js';
import { type DataLayout, instanceOf } from '@skaha/service/data.js';
import { PlatformError } from '@skaha/service/errors.js';
import type { RunnerChoice, RunningSettings } from './config/running.js';

/** A runner by its name; its code is loaded when it is asked for, and nobody else pays for it. */
interface RunnerEntry {
  /** Finds out, by trying, whether it can work here. */
  open(settings: RunnerSettings, signal?: AbortSignal): Promise<OpenedRunner>;
  /**
   * Ends and removes what its runs left of a data directory whose platform is gone.
   *
   * @returns why that cannot be done; undefined when it was
   */
  clear?(layout: DataLayout, settings: () => RunnerSettings): Promise<string | undefined>;
}

/** The part of the configuration that runners need to be opened. */
export type RunnerSettings = Partial<Pick<RunningSettings, 'mounts' | 'container'>>;

/** Everything that can run sessions; what needs an engine of its own comes first. */
const runners: Readonly<Record<Exclude<RunnerChoice, 'auto'>, RunnerEntry>> = {
  container: {
    open: async ({ container }, signal) => {
      const { openContainers } = await import('@skaha/platform-local/container/index.js');
      return await openContainers(container, signal);
    },
    // Containers outlive the platform; where none were made, no engine is asked.
    clear: async ({ sessions, root }, settings) => {
      const containers = await import('@skaha/platform-local/container/leftovers.js');
      if (!containers.hasContainers(sessions)) return undefined;
      return await containers.clearContainers(settings().container, instanceOf(root));
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
    // Those of sandboxes as well: they are processes with the same files.
    clear: async ({ sessions, scratch }) => {
      const { clearLeftovers } = await import('@skaha/platform-local/leftovers.js');
      await clearLeftovers(sessions, scratch, () => false);
      return undefined;
    },
  },
};

/** A runner that can be made, and what to say about the choice. */
export interface ChosenRunner {
  make(parts: RunnerParts): Runner;
  /** Why a better one was not chosen. */
  readonly notice?: string | undefined;
}

/**
 * Finds the runner for this machine, by trying. Left to itself it takes sandboxes where they can be
 * made, else plain processes; never containers, which would pull images unasked.
 *
 * @throws {PlatformError} `platform.start_failed` when the runner asked for cannot work here, and
 *   `config.invalid` when sandboxes cannot have the mounts
 */
export async function chooseRunner(
  { runner, ...settings }: RunnerSettings & { readonly runner: RunnerChoice },
  signal?: AbortSignal,
): Promise<ChosenRunner> {
  const name = runner === 'auto' ? 'sandbox' : runner;
  const found = await runners[name].open(settings, signal);
  if (!('obstacle' in found)) return found;
  if (runner !== 'auto') throw cannot(runner, found.obstacle);
  const { make } = await chooseRunner({ ...settings, runner: 'process' }, signal);
  return {
    make,
    notice: `Sessions run as plain processes, because ${found.obstacle}.`,
  };
}

function cannot(runner: string, obstacle: string): PlatformError {
  const message = `The ${runner} runner cannot work here: ${obstacle}.`;
  return new PlatformError('platform.start_failed', message, {
    hint: 'Choose another with --runner, or leave it to the platform with --runner auto.',
  });
}

/**
 * Ends and removes what all runners left of a data directory whose platform is gone.
 *
 * @throws {PlatformError} `platform.storage` when something cannot be removed
 */
export async function clearRuns(layout: DataLayout, settings: () => RunnerSettings): Promise<void> {
  for (const [name, { clear }] of Object.entries(runners)) {
    const obstacle = await clear?.(layout, settings);
    if (obstacle === undefined) continue;
    const message = `The ${name}s of the platform in ${layout.root} cannot be removed: ${obstacle}.`;
    throw new PlatformError('platform.storage', message, {
      hint: `Start the engine of the ${name} runner, and reset the platform again.`,
    });
  }
}
