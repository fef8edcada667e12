import type { RunningPlatform } from './module.js';

/** What runs on a platform and what that takes, for programs; in cores and bytes. */
export function amounts(platform: RunningPlatform) {
  const { sessions, kinds, queued, capacity, requested, used, memory, disk } = platform;
  return { sessions, kinds, queued, capacity, requested, used, memory, disk: disk ?? null };
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
const mib = (bytes: number): string => `${+(bytes / 2 ** 20).toFixed(1)} MiB`;
const size = (bytes: number): string => (bytes < 2 ** 30 ? mib(bytes) : gib(bytes));
const cores = (amount: number): string => String(+amount.toFixed(1));

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, amount]) => amount > 0)
    .map(([status, amount]) => `${amount} ${status.toLowerCase()}`)
    .join(', ');

/** The same for people. */
export function amountFields(platform: RunningPlatform): [string, string | undefined][] {
  const told: Partial<RunningPlatform> = platform;
  // One that was started before an update of the package tells less.
  if (told.capacity === undefined || told.kinds === undefined)
    return [['Sessions', counted(platform.sessions) || 'none']];
  const { sessions, kinds, queued, capacity, requested, used, memory, disk } = platform;
  const names = Object.keys(kinds);
  const byKind: [string, string][] =
    names.length < 2 ? [] : names.map((name) => [`  ${name}`, counted(kinds[name] ?? {})]);
  return [
    ['Sessions', counted(sessions) || 'none'],
    ...byKind,
    ['Queue', queued === 0 ? undefined : `${queued} waiting for room`],
    [
      'Cores',
      `${cores(requested.cores)} of ${cores(capacity.cores)} requested, ${cores(used.cores)} used`,
    ],
    [
      'Memory',
      `${size(requested.memory)} of ${size(capacity.memory)} requested, ${size(used.memory)} used`,
    ],
    [
      'Disk',
      disk === undefined
        ? undefined
        : `${disk.complete ? '' : 'over '}${size(disk.used)} in its data, ${size(disk.free)} free`,
    ],
    ['Own memory', size(memory)],
  ];
}
