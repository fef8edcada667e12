import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { instanceLabel, keyLabel } from './container-options.js';
import { findEngine } from './discovery.js';
import type { Engine } from './engine.js';
import { engineError } from './engine-error.js';
import { ParentGroups } from './parent-groups.js';
import { factsName } from './run-record.js';
import type { ContainerSettings } from './settings.js';

/**
 * Ends and removes the containers of sessions that are not known. Those of other data directories,
 * and all that no platform made, are left alone.
 */
export async function removeOrphanedContainers(
  engine: Engine,
  instance: string,
  isKnown: (key: string) => boolean,
): Promise<void> {
  for (const { Id, Labels } of await engine.labelled(`${instanceLabel}=${instance}`)) {
    if (!isKnown(Labels[keyLabel] ?? '')) await engine.remove(Id);
  }
}

/** True when sessions of a data directory have, or had, containers. */
export function hasContainers(sessions: string): boolean {
  if (!existsSync(sessions)) return false;
  return readdirSync(sessions).some((key) => existsSync(join(sessions, key, factsName)));
}

/**
 * Removes all containers of a data directory.
 *
 * @returns why they could not be removed; undefined when they were
 */
export async function clearContainers(
  settings: ContainerSettings | undefined,
  instance: string,
): Promise<string | undefined> {
  const found = await findEngine({ socket: settings?.socket, environment: process.env });
  if ('obstacle' in found) return found.obstacle;
  try {
    await removeOrphanedContainers(found.engine, instance, () => false);
  } catch (error) {
    return engineError(error).message;
  }
  const groups = ParentGroups.open(instance);
  await groups?.tidy(() => false);
  groups?.close();
  return undefined;
}
