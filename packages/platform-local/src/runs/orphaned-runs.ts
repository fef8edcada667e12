import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@skaha/service/held.js';
import { isAlive, processesOf, signal } from '../processes/processes.js';
import { keyOf, RunFiles } from './run-files.js';

/**
 * Ends and removes runs that belong to no session any more: a platform leaves them if it is killed
 * after it has forgotten a session and before it has cleared up.
 *
 * @param sessions - directory of the runs
 * @param scratch - directory of their scratch spaces
 * @param isKnown - whether there is a session with this key, at the time of asking
 */
export async function removeOrphanedRuns(
  sessions: string,
  scratch: string,
  isKnown: (key: string) => boolean,
): Promise<void> {
  for (const key of new Set((await namesIn(sessions)).map(keyOf))) {
    if (isKnown(key)) continue;
    const files = new RunFiles(sessions, scratch, key);
    if (await files.supervisorWentOn()) {
      await files.purge();
      continue;
    }
    const claimant = await files.claimant();
    if (claimant !== undefined && (await isAlive(claimant))) {
      signal(-claimant.pid, 'SIGKILL');
      for (const pid of await processesOf(key, claimant.pid)) signal(pid, 'SIGKILL');
    }
    const groups = await files.groups();
    await groups.remove();
    await groups.removeBase();
    await files.purge();
  }
  for (const key of await namesIn(scratch)) {
    if (!isKnown(key)) await removeTree(join(scratch, key));
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}
