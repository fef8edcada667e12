import type { Column } from '@skaha/terminal/output/table.js';
import { relative } from '@skaha/terminal/output/time.js';
import type { LaunchRecord } from './launch-log.js';

/** A launch for programs. */
export interface LaunchDocument {
  /** From 1, the newest. */
  number: number;
  time: string;
  server: string;
  kind: string;
  /** Of its first session, without the number of a replica. */
  name: string;
  image: string;
  command: string | null;
  sessions: readonly { id: string; name: string }[];
  total: number;
  withheld: readonly string[];
  specification: Readonly<Record<string, unknown>>;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a launch runs in one line; a script that was packed up is not shown as it travels. */
export function commandText(specification: Readonly<Record<string, unknown>>): string | null {
  const words = specification['command'];
  if (!Array.isArray(words) || words.length === 0) return null;
  const [program, option, packed] = words.map(String);
  const isScript = program === 'sh' && option === '-c' && packed?.startsWith('echo\t');
  return isScript ? '(a script)' : words.join(' ');
}

function nameOf({ specification, sessions, total }: LaunchRecord): string {
  const name = sessions[0]?.name ?? '';
  return text(specification['name']) || (total > 1 ? name.replace(/-\d+$/, '') : name);
}

/**
 * Numbers launches from the newest.
 *
 * @param records - oldest first
 */
export const launchDocuments = (records: readonly LaunchRecord[]): LaunchDocument[] =>
  [...records].reverse().map((record, index) => ({
    number: index + 1,
    time: record.time,
    server: record.server,
    kind: text(record.specification['kind']),
    name: nameOf(record),
    image: text(record.specification['image']),
    command: commandText(record.specification),
    sessions: record.sessions,
    total: record.total,
    withheld: record.withheld,
    specification: record.specification,
  }));

/** The columns of `history`. */
export const launchColumns = (now: number): Column<LaunchDocument>[] => [
  { header: 'NUMBER', value: ({ number }) => String(number), align: 'right' },
  { header: 'LAUNCHED', value: ({ time }) => relative(new Date(time), now) },
  { header: 'KIND', value: ({ kind }) => kind },
  { header: 'NAME', value: ({ name }) => name, shrinkTo: 8, cut: 'middle' },
  { header: 'SESSIONS', value: ({ total }) => String(total), align: 'right' },
  { header: 'IMAGE', value: ({ image }) => image, shrinkTo: 12, cut: 'start' },
  { header: 'COMMAND', value: ({ command }) => command ?? '-', shrinkTo: 12 },
];
