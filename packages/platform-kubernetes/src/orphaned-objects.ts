import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '@skaha/service/errors.js';
import { removeTree } from '@skaha/service/held.js';
import { resources } from './client/client.js';
import { isMissing } from './client/failure.js';
import type { Job } from './client/types.js';
import type { Launching } from './launching.js';
import { keyLabel, ofSessions } from './names.js';
import type { Surroundings } from './surroundings.js';

/** Where there may be something of sessions that the platform does not know any more. */
interface Places {
  /** Folders of sessions, and of their scratch space, on this machine. */
  readonly sessions: string;
  readonly scratch: string;
  readonly launching: Launching;
  isKnown(key: string): boolean;
}

/** Removes what an earlier platform left behind of sessions that are not known any more. */
export async function removeOrphanedObjects(
  surroundings: Surroundings,
  { sessions, scratch, launching, isKnown }: Places,
): Promise<void> {
  const unknown = async (folder: string) =>
    (await readdir(folder).catch(() => [])).filter((key) => !isKnown(key));
  try {
    await removeJobs(surroundings, isKnown);
    // Whoever may list Secrets reads those of everybody; each has left a folder.
    for (const key of await unknown(sessions)) await launching.clear(key);
  } catch (error) {
    surroundings.logger.warn(`cannot look for Jobs left behind: ${reasonOf(error)}`);
    return;
  }
  for (const folder of [sessions, scratch]) {
    for (const key of await unknown(folder)) await removeTree(join(folder, key));
  }
}

async function removeJobs(
  { cluster, instance }: Surroundings,
  isKnown: (key: string) => boolean,
): Promise<void> {
  const { client, namespace } = cluster;
  const orphans: string[] = [];
  await client.list<Job>(
    resources.jobs,
    { namespace, labels: ofSessions(instance) },
    ({ metadata }) => {
      if (!isKnown(metadata.labels?.[keyLabel] ?? '')) orphans.push(metadata.name ?? '');
    },
  );
  for (const name of orphans) {
    await client.delete(resources.jobs, namespace, name).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }
}
