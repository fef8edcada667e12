import type { Mount, Runner, RunnerName, RunnerParts } from '@skaha/engine/ports/runner.js';
import { PlatformError } from '@skaha/service/errors.js';
import type { ContainerSettings } from './container/settings.js';
import { chooseLimiter } from './limits/choose.js';
import { processRunner } from './process-runner.js';
import { mountsObstacle, probeSandbox } from './sandbox/probe.js';
import { sandboxRunner } from './sandbox/sandbox-runner.js';
import { installScripts } from './scripts.js';

/** What may be asked for: one of the runners, or the best of this machine's own. */
export type RunnerChoice = RunnerName | 'auto';

export interface RunnerSettings {
  readonly runner: RunnerChoice;
  /** What every session finds beside what is its own. */
  readonly mounts?: readonly Mount[] | undefined;
  readonly container?: ContainerSettings | undefined;
}

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
  { runner, mounts = [], container }: RunnerSettings,
  signal?: AbortSignal,
): Promise<ChosenRunner> {
  if (runner === 'process') return { make: makeLocal(processRunner) };
  if (runner === 'container') {
    // Loaded only here: nobody else pays for it.
    const { openContainers } = await import('./container/index.js');
    const found = await openContainers(container, signal);
    if ('obstacle' in found) throw cannot(runner, found.obstacle);
    return { make: (parts) => found.runner(parts) };
  }
  const found = await probeSandbox(signal);
  if ('tools' in found) {
    const reason = await mountsObstacle(found.tools, mounts, signal);
    if (reason !== undefined) throw cannotMount(reason);
    return { make: makeLocal(sandboxRunner(found.tools)) };
  }
  if (runner === 'sandbox') throw cannot(runner, found.obstacle);
  return {
    make: makeLocal(processRunner),
    notice: `Sessions run as plain processes, because ${found.obstacle}.`,
  };
}

function cannot(runner: RunnerName, obstacle: string): PlatformError {
  const message = `The ${runner} runner cannot work here: ${obstacle}.`;
  return new PlatformError('platform.start_failed', message, {
    hint: 'Choose another with --runner, or leave it to the platform with --runner auto.',
  });
}

const cannotMount = (reason: string): PlatformError =>
  new PlatformError('config.invalid', `The mounts of sandbox.mounts cannot be made: ${reason}.`, {
    hint: 'Only what is there already can be mounted on in /usr, /etc and what is read-only.',
  });

const makeLocal =
  (make: typeof processRunner) =>
  (parts: RunnerParts): Runner =>
    make(parts, installScripts(parts.scripts), chooseLimiter(parts.instance));
