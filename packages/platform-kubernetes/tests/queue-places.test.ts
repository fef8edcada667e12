import { expect, test } from 'vitest';
import type { Workload } from '../src/client/types.js';
import { QueuePlaces } from '../src/queue-places.js';

const workload = (
  job: string,
  { queue = 'people', priority = 0, second = 0, isReserved = false } = {},
): Workload => ({
  metadata: {
    name: `job-${job}`,
    creationTimestamp: new Date(Date.UTC(2026, 10, 29, 12, 0, second)).toISOString(),
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job, uid: 'u' }],
  },
  spec: { queueName: queue, priority },
  status: {
    conditions: [{ type: 'QuotaReserved', status: isReserved ? 'True' : 'False' }],
  },
});

const told = (places: QueuePlaces, isOurs = (_job: string) => true) =>
  Object.fromEntries([...places.news(isOurs)].map(([job, { message }]) => [job, message]));

test('places go by priority and age, queue by queue, and each is told once', () => {
  const places = new QueuePlaces();
  places.put(workload('late', { second: 2 }));
  places.put(workload('early', { second: 1 }));
  places.put(workload('urgent', { second: 3, priority: 10 }));
  places.put(workload('other', { second: 4, queue: 'school' }));
  places.put(workload('runs', { isReserved: true }));
  places.put(workload('strange', { second: 5 }));
  expect(told(places, (job) => job !== 'strange')).toEqual({
    urgent: 'place 1 in the queue people',
    early: 'place 2 in the queue people',
    late: 'place 3 in the queue people',
    other: 'place 1 in the queue school',
  });
  expect(told(places)).toEqual({ strange: 'place 4 in the queue people' });
  places.put(workload('urgent', { second: 3, priority: 10, isReserved: true }));
  places.remove('job-early');
  expect(told(places)).toEqual({
    late: 'place 1 in the queue people',
    strange: 'place 2 in the queue people',
  });
});

test('of a long queue those far behind are told about how many are before them', () => {
  const places = new QueuePlaces();
  for (let index = 0; index < 260; index += 1) {
    places.put(workload(`j${index}`, { second: index }));
  }
  const first = told(places);
  expect([first['j9'], first['j10'], first['j19'], first['j20'], first['j259']]).toEqual([
    'place 10 in the queue people',
    'at least 10 wait before it in the queue people',
    'at least 10 wait before it in the queue people',
    'at least 20 wait before it in the queue people',
    'at least 200 wait before it in the queue people',
  ]);
  places.remove('job-j0');
  // Only who crosses a step hears of it.
  expect(Object.keys(told(places))).toHaveLength(9 + 1 + 1 + 1 + 1 + 1);
});
