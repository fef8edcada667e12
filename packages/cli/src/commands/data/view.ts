import { documentOf } from '@skaha/terminal/output/field.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import type { StorageNode } from 'skaha/storage';
import { nodeFields } from './definitions.js';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A number of bytes as people read it. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** An entry of a storage service, and how it is typed. */
export interface Listed {
  node: StorageNode;
  /** For example `arc:/home/ada/x`. */
  place: string;
}

/** An entry for programs; the names of its fields are a promise. */
export const nodeDocument = ({ node, place }: Listed) =>
  documentOf(nodeFields, {
    ...node,
    path: place,
    size_bytes: node.sizeBytes,
    modified: node.modified?.toISOString(),
    content_type: node.contentType,
    public: node.isPublic,
    groups_read: node.groupsRead,
    groups_write: node.groupsWrite,
    locked: node.isLocked,
    quota_bytes: node.quotaBytes,
  });

const sizeText = ({ kind, sizeBytes }: StorageNode): string =>
  kind === 'folder' || sizeBytes === undefined ? '-' : bytesText(sizeBytes);

/** Year to minute, in UTC. */
const timeText = (time: Date | undefined): string =>
  time === undefined ? '-' : time.toISOString().slice(0, 16).replace('T', ' ');

const groups = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(' '));

/** A name with what shows its kind, as `ls -F` has it. */
export const markedName = ({ name, path, kind, target }: StorageNode): string => {
  const shown = name === '' ? path : name;
  if (kind === 'folder') return shown.endsWith('/') ? shown : `${shown}/`;
  return kind === 'link' ? `${shown} -> ${target ?? '?'}` : shown;
};

/**
 * The columns of a list of entries.
 *
 * @param nameOf - how an entry is called
 */
export const nodeColumns = (
  isLong: boolean,
  nameOf: (listed: Listed) => string,
): Column<Listed>[] => [
  ...(isLong
    ? [
        column('OWNER', ({ node }: Listed) => node.owner ?? '-'),
        column('PUBLIC', ({ node }: Listed) => (node.isPublic ? 'yes' : 'no')),
        column('READ', ({ node }: Listed) => groups(node.groupsRead)),
        column('WRITE', ({ node }: Listed) => groups(node.groupsWrite)),
        column('MD5', ({ node }: Listed) => node.md5 ?? '-'),
      ]
    : []),
  column('SIZE', ({ node }) => sizeText(node), { align: 'right' }),
  column('MODIFIED', ({ node }) => timeText(node.modified)),
  column('NAME', nameOf, { ink: ({ node }) => (node.kind === 'folder' ? 'cyan' : undefined) }),
];

export const nodePairs = ({ node, place }: Listed): [string, string | undefined][] => [
  ['Path', place],
  ['Kind', node.kind],
  ['Leads to', node.target],
  [
    'Size',
    node.sizeBytes === undefined
      ? undefined
      : `${bytesText(node.sizeBytes)} (${node.sizeBytes} bytes)`,
  ],
  ['Modified', node.modified?.toISOString()],
  ['MD5', node.md5],
  ['Type', node.contentType],
  ['Owner', node.owner],
  ['Public', node.isPublic ? 'yes' : 'no'],
  ['Read', node.groupsRead.join(' ')],
  ['Write', node.groupsWrite.join(' ')],
  ['Locked', node.isLocked ? 'yes' : undefined],
  ['Quota', node.quotaBytes === undefined ? undefined : bytesText(node.quotaBytes)],
];
