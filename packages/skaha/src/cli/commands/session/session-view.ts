import type { SessionInfo } from '../../../models/session.js';
import { isFailed } from '../../../models/status.js';
import type { Ink } from '../../output/style.js';
import type { Column } from '../../output/table.js';
import { short } from '../../output/text.js';
import { relative, utc } from '../../output/time.js';

/** The fields of a session in machine output, in the order of the Skaha API. */
const fieldNames = [
  'id',
  'userid',
  'runAsUID',
  'runAsGID',
  'supplementalGroups',
  'appid',
  'image',
  'type',
  'status',
  'name',
  'startTime',
  'expiryTime',
  'connectURL',
  'requestedRAM',
  'requestedCPUCores',
  'requestedGPUCores',
  'ramInUse',
  'gpuRAMInUse',
  'cpuCoresInUse',
  'gpuUtilization',
  'isFixedResources',
] as const;

/**
 * A session for programs: the fields of the Skaha API, null where the server sent none, then what
 * else it sent. Times are RFC 3339 in UTC.
 */
export function sessionDocument(session: SessionInfo): Record<string, unknown> {
  const known = Object.fromEntries(fieldNames.map((name) => [name, session.raw[name] ?? null]));
  const document: Record<string, unknown> = { ...known, ...session.raw };
  if (session.startTime !== undefined) document['startTime'] = utc(session.startTime);
  if (session.expiryTime !== undefined) document['expiryTime'] = utc(session.expiryTime);
  return document;
}

/** The colour of a status; the word says the same. */
export function statusInk(status: string): Ink | undefined {
  if (status === 'Running') return 'green';
  if (status === 'Pending') return 'yellow';
  if (isFailed(status)) return 'red';
  return status === 'Terminating' ? 'dim' : undefined;
}

const amount = (used: number | undefined, requested: number | undefined, unit: string): string => {
  if (used === undefined && requested === undefined) return '-';
  const parts = [used, requested].map((value) => (value === undefined ? '-' : short(value)));
  return `${parts.join('/')}${unit}`;
};

/** Whether a session has its exact resources, or shares what there is. */
export const sizing = (session: SessionInfo): string =>
  session.fixedResources === undefined ? '-' : session.fixedResources ? 'FIXED' : 'FLEX';

/** The columns of the list of sessions. */
export function sessionColumns(now: number, isWide: boolean): Column<SessionInfo>[] {
  const columns: Column<SessionInfo>[] = [
    { header: 'ID', value: (session) => session.id || '-' },
    { header: 'NAME', value: (session) => session.name || '-', shrinkTo: 8, cut: 'middle' },
    { header: 'KIND', value: (session) => session.kind || '-' },
    {
      header: 'STATUS',
      value: (session) => session.status || '-',
      ink: (session) => statusInk(session.status),
    },
    { header: 'IMAGE', value: (session) => session.image ?? '-', shrinkTo: 8, cut: 'start' },
    {
      header: 'STARTED',
      shrinkTo: 8,
      value: (session) => (session.startTime ? relative(session.startTime, now) : '-'),
    },
  ];
  if (!isWide) return columns;
  return [
    ...columns,
    {
      header: 'CORES',
      value: ({ used, requested }) => amount(used.cores, requested.cores, ''),
      align: 'right',
    },
    {
      header: 'MEMORY',
      value: ({ used, requested }) => amount(used.memoryGiB, requested.memoryGiB, ' GiB'),
      align: 'right',
    },
    { header: 'GPUS', value: ({ requested }) => `${requested.gpus ?? '-'}`, align: 'right' },
    { header: 'MODE', value: sizing },
    {
      header: 'EXPIRES',
      value: ({ expiryTime }) => (expiryTime ? relative(expiryTime, now) : '-'),
    },
    { header: 'URL', value: (session) => session.connectUrl ?? '-' },
  ];
}
