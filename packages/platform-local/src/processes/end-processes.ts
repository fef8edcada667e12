import type { RunGroups } from '../limits/cgroup.js';
import type { RunFiles } from '../runs/run-files.js';
import { innerProcessesOf, processesOf, signal } from './processes.js';

/**
 * Asks the processes of a session to end.
 *
 * @param sharesGroup - whether what confines the command is in the same group: it would go at once,
 *   and the command with it
 */
export async function askToEnd(
  id: string,
  leader: number | undefined,
  sharesGroup: boolean,
): Promise<void> {
  if (leader === undefined) return;
  if (!sharesGroup) signal(-leader, 'SIGTERM');
  else for (const inner of await innerProcessesOf(id)) signal(inner, 'SIGTERM');
}

/**
 * Ends what is left of a session and removes its groups: all that is in its groups where it has
 * them, and nothing gets out of those; else what can be found by its traces, in rounds, because a
 * dying process may still have started another.
 *
 * @param known - its groups, where they are known already
 */
export async function endAll(
  id: string,
  leader: number | undefined,
  files: RunFiles,
  known?: RunGroups,
): Promise<void> {
  const groups = known ?? (await files.groups());
  // Most often nothing is left.
  if (groups.exist && leader !== undefined && groups.removeIfEmpty()) return;
  // A supervisor that has only just started is in no group, and has a trace.
  if (groups.exist && leader !== undefined) {
    await groups.remove();
    return;
  }
  for (let round = 0; round < 5; round += 1) {
    const left = await processesOf(id, leader);
    if (left.length === 0) break;
    for (const pid of left) signal(pid, 'SIGKILL');
  }
  await groups.remove();
}
