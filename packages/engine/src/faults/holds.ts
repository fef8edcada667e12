import { type EventRow, eventRow } from '../sessions/event-table.js';
import type { SessionRecord } from '../sessions/record.js';
import type { Faults } from './faults.js';

/** A reason to hold back queued sessions although there is room for them. */
export interface Hold {
  /** What it adds to the events of a session. */
  notes(record: SessionRecord, at: number): EventRow[];
}

const slowQueue: Hold = {
  notes: (_record, at) => [
    {
      level: 'Warning',
      reason: 'FailedScheduling',
      message: '0/1 nodes are available: waiting for the queue (fault slow-queue)',
      first: at,
      last: at,
    },
  ],
};

/** As on a cluster: the session is scheduled, but its container is never created. */
const pullFailed: Hold = {
  notes: ({ image }, at) => [
    { level: 'Normal', reason: 'Scheduled', message: 'Successfully assigned to this machine' },
    eventRow('Normal', 'Pulling', `Pulling image "${image}"`, at),
    eventRow(
      'Warning',
      'Failed',
      `Failed to pull image "${image}": not found (fault pull-failed)`,
      at,
    ),
    eventRow('Normal', 'BackOff', `Back-off pulling image "${image}": ImagePullBackOff`, at),
  ],
};

/** The reason that the active faults give to hold sessions back, if any. */
export function holdOf(faults: Faults): Hold | undefined {
  if (faults.has('slow-queue')) return slowQueue;
  return faults.has('pull-failed') ? pullFailed : undefined;
}
