import { type EventRow, eventRow } from '../sessions/event-table.js';
import type { SessionRecord } from '../sessions/record.js';
import type { Faults } from './faults.js';

/** What holds queued sessions back although there is room for them. */
export interface Hold {
  /** What the events of a session say about it. */
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

/** As on a cluster: the session has a place, but its container never comes about. */
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

/** What the faults in force hold sessions back with, if anything. */
export function holdOf(faults: Faults): Hold | undefined {
  if (faults.has('slow-queue')) return slowQueue;
  return faults.has('pull-failed') ? pullFailed : undefined;
}
