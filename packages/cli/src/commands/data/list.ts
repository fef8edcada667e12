import type { Io } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { type ListView, renderList } from '@skaha/terminal/output/list.js';
import { render, renderPaged } from '@skaha/terminal/output/render.js';
import { type Column, column, fields, numberColumn } from '@skaha/terminal/output/table.js';
import { bytesText, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { StorageNode } from 'skaha/storage';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { forEach, type Outcome, showOutcome } from '../../output/outcome.js';
import type * as def from './definitions.js';
import { nodeFields, quotaFields } from './definitions.js';
import { isAboutPlace, type Remote, typed, withStorages } from './places.js';

/** An entry of a storage service, and how it is typed. */
interface Listed extends StorageNode {
  /** For example `arc:/home/ada/x`. */
  place: string;
}

const listed = ({ name }: Remote, node: StorageNode): Listed => ({
  ...node,
  place: typed(name, node.path),
});

/** An entry for programs; the names of its fields are a promise. */
const nodeDocument = (node: Listed) =>
  documentOf(nodeFields, {
    ...node,
    path: node.place,
    size_bytes: node.sizeBytes,
    modified: node.modified?.toISOString(),
    content_type: node.contentType,
    public: node.isPublic,
    groups_read: node.groupsRead,
    groups_write: node.groupsWrite,
    locked: node.isLocked,
    quota_bytes: node.quotaBytes,
  });

const amount = (bytes: number | undefined): string | undefined =>
  bytes === undefined ? undefined : bytesText(bytes);

/** Year to minute, in UTC. */
const timeText = (time: Date | undefined): string =>
  time === undefined ? '-' : time.toISOString().slice(0, 16).replace('T', ' ');

const groups = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(' '));

/** A name with what shows its kind, as `ls -F` has it. */
const markedName = ({ name, path, kind, target }: StorageNode): string => {
  const shown = name === '' ? path : name;
  if (kind === 'folder') return shown.endsWith('/') ? shown : `${shown}/`;
  return kind === 'link' ? `${shown} -> ${target ?? '?'}` : shown;
};

/**
 * The columns of a list of entries.
 *
 * @param nameOf - how an entry is called
 */
const nodeColumns = (isLong: boolean, nameOf: (listed: Listed) => string): Column<Listed>[] => [
  ...(isLong
    ? [
        column('OWNER', ({ owner }: Listed) => owner ?? '-'),
        column('PUBLIC', ({ isPublic }: Listed) => (isPublic ? 'yes' : 'no')),
        column('READ', ({ groupsRead }: Listed) => groups(groupsRead)),
        column('WRITE', ({ groupsWrite }: Listed) => groups(groupsWrite)),
        column('MD5', ({ md5 }: Listed) => md5 ?? '-'),
      ]
    : []),
  numberColumn('SIZE', ({ kind, sizeBytes }) => (kind === 'folder' ? '-' : amount(sizeBytes))),
  column('MODIFIED', ({ modified }) => timeText(modified)),
  column('NAME', nameOf, { ink: ({ kind }) => (kind === 'folder' ? 'cyan' : undefined) }),
];

const nodePairs = (node: Listed): [string, string | undefined][] => [
  ['Path', node.place],
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
  ['Quota', amount(node.quotaBytes)],
];

/** Does something for each place that the words name; one that fails does not keep the others. */
const eachPlace = <Item>(
  io: Io,
  deps: Deps,
  words: readonly string[],
  work: (place: Remote) => Promise<Item>,
): Promise<Outcome<Item>> =>
  withStorages(io, deps, async (storages) => {
    const each = async (word: string) => {
      const items: Item[] = [];
      for (const place of await storages.places([word])) items.push(await work(place));
      return items;
    };
    const { done, failed } = await forEach(io, words, String, each, isAboutPlace);
    return { done: done.flat(), failed };
  });

const placeOf = ({ place }: Listed): string => place;

const comparedBy =
  (key: (listed: Listed) => string) =>
  (a: Listed, b: Listed): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;

const byPlace = comparedBy(placeOf);

/** What is in a folder follows it: no character of a name comes before the one that ends it here. */
const byFolder = comparedBy(({ path }) => path.replaceAll('/', '\0'));

export const runDataLs: Run<typeof def.dataLsCommand> = async (io, deps, options) => {
  const { all, directory, long, paths } = options;
  const outcome = await eachPlace(io, deps, paths, async (place) => {
    const { path, storage } = place;
    const top = await storage.info(path, { signal: io.signal });
    if (directory || top.kind !== 'folder')
      return { isFolder: false, entries: [listed(place, top)] };
    const entries: Listed[] = [];
    for await (const node of storage.list(path, { signal: io.signal }))
      if (all || !node.name.startsWith('.')) entries.push(listed(place, node));
    return { isFolder: true, entries: entries.sort(byPlace) };
  });
  const [first, ...more] = outcome.done;
  const isOneFolder = paths.length === 1 && more.length === 0 && first?.isFolder === true;
  const list = {
    rows: outcome.done.flatMap(({ entries }) => entries),
    document: nodeDocument,
    columns: nodeColumns(long, isOneFolder ? markedName : placeOf),
    name: placeOf,
  };
  const show = () => renderList(io, list, 'The folder is empty.');
  await showOutcome(outcome, 'list', show, 'path');
};

const kinds = {
  file: 'file',
  f: 'file',
  folder: 'folder',
  d: 'folder',
  link: 'link',
  l: 'link',
} as const;

/** Whether nothing has to be known of the others before one can be printed. */
const printsAsFound = ({ format, isTty, output }: Io): boolean =>
  format === 'table' &&
  !isTty &&
  output?.limit === undefined &&
  output?.fields === undefined &&
  (output?.filters ?? []).length + (output?.sortBy ?? []).length === 0;

export const runDataFind: Run<typeof def.dataFindCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const top = await storages.remote(options.path);
    const { maxDepth, name } = options;
    const kind = options.kind && kinds[options.kind];
    const found = top.storage.find(top.path, { signal: io.signal, maxDepth, name, kind });
    const rows: Listed[] = [];
    const isImmediate = printsAsFound(io);
    for await (const node of found) {
      const row = listed(top, node);
      // To a pipe each goes as soon as it is found: a tree may be large.
      if (isImmediate) io.out(`${row.place}\n`);
      else rows.push(row);
    }
    if (isImmediate) return;
    const columns = [column('PATH', placeOf)];
    const list = { rows: rows.sort(byPlace), document: nodeDocument, columns, name: placeOf };
    await renderList(io, list, 'Nothing was found.');
  });

export const runDataTree: Run<typeof def.dataTreeCommand> = (io, deps, { maxDepth, path: word }) =>
  withStorages(io, deps, async (storages) => {
    const top = await storages.remote(word);
    const rows: Listed[] = [];
    for await (const node of top.storage.find(top.path, { signal: io.signal, maxDepth }))
      rows.push(listed(top, node));
    rows.sort(byFolder);
    await renderPaged(io, {
      data: rows.map(nodeDocument),
      table: () => treeText(top, rows),
      names: () => rows.map(placeOf),
    });
  });

function treeText({ name, path }: Remote, rows: readonly Listed[]): string {
  const base = path.split('/').filter(Boolean).length;
  // From the end, so that each line knows whether another one follows at its depth.
  const open: boolean[] = [];
  const lines = rows.toReversed().map((node) => {
    const depth = node.path.split('/').length - 1 - base;
    const stem = Array.from({ length: depth - 1 }, (_, at) => (open[at + 1] ? '│   ' : '    '));
    const branch = open[depth] ? '├── ' : '└── ';
    open.length = depth + 1;
    open[depth] = true;
    return `${stem.join('')}${branch}${plain(markedName(node))}\n`;
  });
  return `${plain(typed(name, path))}\n${lines.toReversed().join('')}`;
}

export const runDataInfo: Run<typeof def.dataInfoCommand> = async (io, deps, { paths }) => {
  const outcome = await eachPlace(io, deps, paths, async (place) =>
    listed(place, await place.storage.info(place.path, { signal: io.signal })),
  );
  const { done } = outcome;
  const details = (one: Listed) =>
    fields(
      io,
      nodePairs(one).map(([key, text]) => [key, text && plain(text)]),
    );
  const show = () =>
    render(io, {
      data: done.map(nodeDocument),
      table: () => done.map(details).join('\n'),
      names: () => done.map(placeOf),
    });
  await showOutcome(outcome, 'describe', show, 'path');
};

export const runDataDu: Run<typeof def.dataDuCommand> = async (io, deps, { paths }) => {
  const outcome = await eachPlace(io, deps, paths, async ({ name, path, storage }) => {
    const usage = await storage.usage(path, { signal: io.signal });
    const { bytes, files, folders, links, unknown: unknown_sizes } = usage;
    return { path: typed(name, usage.path), bytes, files, folders, links, unknown_sizes };
  });
  const list: ListView<(typeof outcome.done)[number]> = {
    rows: outcome.done,
    document: (row) => row,
    columns: [
      numberColumn('SIZE', ({ bytes }) => bytesText(bytes)),
      numberColumn('FILES', ({ files }) => files),
      numberColumn('FOLDERS', ({ folders }) => folders),
      column('PATH', ({ path }) => path),
    ],
    name: ({ path }) => path,
  };
  const show = () => renderList(io, list, 'Nothing was counted.');
  await showOutcome(outcome, 'count', show, 'path');
};

export const runDataQuota: Run<typeof def.dataQuotaCommand> = async (io, deps, { paths }) => {
  if (paths.length === 0)
    throw usageError('No folder was given.', 'Give one, for example arc:/home/me');
  const { signal } = io;
  const outcome = await eachPlace(io, deps, paths, async ({ name, path, storage, text }) => {
    const quota = await storage.quota(path, { signal });
    const used = quota && (quota.usedBytes ?? (await storage.usage(quota.path, { signal })).bytes);
    const most = quota?.quotaBytes;
    return {
      path: text,
      folder: quota && typed(name, quota.path),
      quota_bytes: most,
      used_bytes: used,
      free_bytes: most === undefined || used === undefined ? undefined : Math.max(0, most - used),
    };
  });
  const list: ListView<(typeof outcome.done)[number]> = {
    rows: outcome.done,
    document: (row) => documentOf(quotaFields, row),
    columns: [
      column('FOLDER', ({ folder, path }) => folder ?? path),
      numberColumn('USED', ({ used_bytes }) => amount(used_bytes)),
      numberColumn('QUOTA', ({ quota_bytes }) => amount(quota_bytes) ?? 'none'),
      numberColumn('FREE', ({ free_bytes }) => amount(free_bytes)),
    ],
    name: ({ folder, path }) => folder ?? path,
  };
  const show = () => renderList(io, list, 'No folder was given.');
  await showOutcome(outcome, 'look at', show, 'path');
};
