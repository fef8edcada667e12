import type { OpenedRunner } from '@skaha/engine/ports/runner.js';
import { networksFor } from './container-networks.js';
import { ContainerRunner } from './container-runner.js';
import { findEngine } from './discovery.js';
import type { ContainerSettings } from './settings.js';

/**
 * Looks for a container engine.
 *
 * @param settings - of the configuration
 * @param signal - gives up the search
 */
export async function openContainers(
  settings: ContainerSettings = {},
  signal?: AbortSignal,
): Promise<OpenedRunner> {
  const places = { socket: settings.socket, environment: process.env };
  const found = await findEngine(places, signal);
  if ('obstacle' in found) return found;
  const { engine } = found;
  const networks = await networksFor(engine, signal);
  return { make: (options) => new ContainerRunner(engine, settings, options, networks) };
}
