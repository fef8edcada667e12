import type { OpenedRunner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { PlatformError } from '@skaha/service/errors.js';
import { chooseLimiter } from '../limits/choose.js';
import { LocalRunner } from '../local-runner.js';
import type { Mount } from '../mounts.js';
import { installScripts } from '../supervisors/scripts.js';
import type { SandboxTools } from './arguments.js';
import { SandboxConfinement } from './confinement.js';
import { mountsObstacle, probeSandbox } from './probe.js';

/**
 * Makes runners that run sessions as processes in sandboxes.
 *
 * @param mounts - what every session finds besides what is its own
 */
export const sandboxRunner =
  (tools: SandboxTools, mounts: readonly Mount[] = []) =>
  (options: RunnerOptions, limiter = chooseLimiter(options.instance)): LocalRunner => {
    const scripts = installScripts(options.scripts);
    return new LocalRunner({
      ...options,
      scriptPaths: scripts,
      confinement: new SandboxConfinement(scripts, tools, options),
      mounts,
      limiter,
    });
  };

/**
 * Finds out whether sandboxes can be made here.
 *
 * @param mounts - what every session finds besides what is its own
 * @param signal - gives up the attempt
 * @throws {PlatformError} `config.invalid` when sandboxes cannot have the mounts
 */
export async function openSandboxes(
  mounts: readonly Mount[],
  signal?: AbortSignal,
): Promise<OpenedRunner> {
  const found = await probeSandbox(signal);
  if ('obstacle' in found) return found;
  const reason = await mountsObstacle(found.tools, mounts, signal);
  if (reason !== undefined) throw cannotMount(reason);
  const make = sandboxRunner(found.tools, mounts);
  return { make: (options) => make(options) };
}

const cannotMount = (reason: string): PlatformError =>
  new PlatformError('config.invalid', `The mounts of sandbox.mounts cannot be made: ${reason}.`, {
    hint: 'In /usr, /etc and other read-only folders, a mount needs a target that already exists.',
  });
