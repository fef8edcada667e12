import type { Runner } from '../ports/runner.js';
import { type EventRow, eventRow } from '../sessions/event-table.js';
import type { Effect } from '../sessions/lifecycle.js';
import { jobName } from '../sessions/naming.js';
import type { SessionRecord } from '../sessions/record.js';

/** The event that says why a session waits, worded like that of a cluster with one node. */
export const waitingNote = (reason: string, at: number): EventRow =>
  eventRow('Warning', 'FailedScheduling', `0/1 nodes are available: ${reason}`, at);

/**
 * The events of a session for a change of its life.
 *
 * @param runner - what runs the session
 * @param at - milliseconds since the epoch
 */
export function notesOf(
  effects: readonly Effect[],
  record: SessionRecord,
  runner: Pick<Runner, 'admission' | 'name' | 'runsImages'>,
  at: number,
): EventRow[] {
  return effects.flatMap((effect) => {
    if (effect.type === 'note') return [eventRow(effect.level, effect.reason, effect.message, at)];
    if (effect.type === 'terminate') {
      return [eventRow('Normal', 'Killing', `Stopping session ${record.name}`, at)];
    }
    return effect.type === 'launch' ? launchNotes(record, runner, at) : [];
  });
}

function launchNotes(
  record: SessionRecord,
  runner: Pick<Runner, 'admission' | 'name' | 'runsImages'>,
  at: number,
): EventRow[] {
  // A runner with its own queue reports by itself where a session is placed.
  if (runner.admission !== undefined) return [];
  const job = jobName(record.kind, record.owner, record.id);
  const pulled = `Image "${record.image}" is not pulled: the ${runner.name} runner uses the programs of this machine`;
  return [
    {
      level: 'Normal',
      reason: 'Scheduled',
      // Without a time, like this event on a cluster.
      message: `Successfully assigned skaha-workload/${job} to this machine`,
    },
    // A runner of images reports by itself what it pulls and creates.
    ...(runner.runsImages
      ? []
      : [
          eventRow('Normal', 'Pulled', pulled, at),
          eventRow('Normal', 'Created', `Created session ${record.name}`, at),
        ]),
  ];
}
