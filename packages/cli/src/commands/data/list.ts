import type { Io } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render, renderPaged } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import type { Storage, StorageNode, StorageUsage } from 'skaha/storage';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { forEach, isNothing, type Outcome, throwIfFailed } from '../../output/outcome.js';
import { tailStart } from '../session/logs.js';
import {
  expanded,
  isAboutPlace,
  placesOf,
  type Remote,
  type Storages,
  typed,
  withStorages,
} from './operands.js';
import type * as def from './reading.js';
import { quotaFields } from './reading.js';
import {
  bytesText,
  type Listed,
  markedName,
  nodeColumns,
  nodeDocument,
  nodePairs,
} from './view.js';

/** Does something for each place that the words name; one that fails does not keep the others. */
async function each<Item>(
  io: Io,
  storages: Storages,
  words: readonly string[],
  work: (remote: Remote) => Promise<Item>,
): Promise<Outcome<Item>> {
  const one = async (word: string) => {
    const items: Item[] = [];
    for (const remote of await expanded(await storages.remote(word), io.signal))
      items.push(await work(remote));
    return items;
  };
  const { done, failed } = await forEach(io, words, String, one, isAboutPlace);
  return { done: done.flat(), failed };
}

const byName = (a: Listed, b: Listed): number =>
  a.place < b.place ? -1 : a.place > b.place ? 1 : 0;

export const runLs: Run<typeof def.lsCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { all, directory, long, paths } = options;
    const { signal } = io;
    const isOne = paths.length === 1;
    const seen = await each(io, storages, paths, async ({ name, path, storage }) => {
      const top = await storage.info(path, { signal });
      const listed = (node: StorageNode): Listed => ({ node, place: typed(name, node.path) });
      if (directory || top.kind !== 'folder') return { isFolder: false, entries: [listed(top)] };
      const entries: Listed[] = [];
      for await (const node of storage.list(path, { signal }))
        if (all || !node.name.startsWith('.')) entries.push(listed(node));
      return { isFolder: true, entries: entries.sort(byName) };
    });
    const named = isOne && seen.done.length === 1;
    const nameOf = ({ node, place }: Listed) =>
      named && seen.done[0]?.isFolder === true ? markedName(node) : place;
    if (!isNothing(seen))
      await renderList(
        io,
        {
          rows: seen.done.flatMap(({ entries }) => entries),
          document: nodeDocument,
          columns: nodeColumns(long, nameOf),
          name: ({ place }) => place,
        },
        'The folder is empty.',
      );
    throwIfFailed(seen, 'list', 'path');
  });

const kinds = { f: 'file', d: 'folder', l: 'link' } as const;
const kindOf = (word: string | undefined) =>
  Object.entries(kinds).find(([letter, kind]) => word === letter || word === kind)?.[1];

export const runFind: Run<typeof def.findCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { maxDepth, name: pattern } = options;
    const kind = kindOf(options.kind);
    const { name, path, storage } = await storages.remote(options.path);
    const found = storage.find(path, { signal: io.signal, maxDepth, name: pattern, kind });
    const isAsItComes = io.format === 'table' && !io.isTty && io.output?.limit === undefined;
    const rows: Listed[] = [];
    for await (const node of found) {
      const row = { node, place: typed(name, node.path) };
      // To a pipe each goes as soon as it is found: a tree may be large.
      if (isAsItComes && plainFind(io)) io.out(`${row.place}\n`);
      else rows.push(row);
    }
    if (isAsItComes && plainFind(io)) return;
    rows.sort(byName);
    const view = { rows, document: nodeDocument, name: ({ place }: Listed) => place };
    const columns = [{ header: 'PATH', value: ({ place }: Listed) => place }];
    await renderList(io, { ...view, columns }, 'Nothing was found.');
  });

const plainFind = ({ output }: Io): boolean =>
  output === undefined ||
  (output.filters.length === 0 && output.sortBy.length === 0 && output.fields === undefined);

export const runTree: Run<typeof def.treeCommand> = (io, deps, { maxDepth, path: word }) =>
  withStorages(io, deps, async (storages) => {
    const { name, path, storage } = await storages.remote(word);
    const rows: Listed[] = [];
    for await (const node of storage.find(path, { signal: io.signal, maxDepth }))
      rows.push({ node, place: typed(name, node.path) });
    rows.sort((a, b) => compareParts(a.node.path.split('/'), b.node.path.split('/')));
    await renderPaged(io, {
      data: rows.map(nodeDocument),
      table: () => treeText(typed(name, path), path, rows),
      names: () => rows.map(({ place }) => place),
    });
  });

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

function treeText(top: string, path: string, rows: readonly Listed[]): string {
  const base = path.split('/').filter(Boolean).length;
  const depthOf = ({ node }: Listed) => node.path.split('/').length - 1 - base;
  // From the end, so that each line knows whether another one follows at its depth.
  const open: boolean[] = [];
  const lines = rows.toReversed().map((row) => {
    const depth = depthOf(row);
    const stem = Array.from({ length: depth - 1 }, (_, at) => (open[at + 1] ? '│   ' : '    '));
    const branch = open[depth] ? '├── ' : '└── ';
    open.length = depth + 1;
    open[depth] = true;
    return `${stem.join('')}${branch}${plain(markedName(row.node))}\n`;
  });
  return `${plain(top)}\n${lines.toReversed().join('')}`;
}

export type InfoOptions = OptionsOf<typeof def.quotaCommand>;

export const runInfo: Run<typeof def.infoCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const seen = await each(
      io,
      storages,
      paths,
      async ({ name, path, storage }): Promise<Listed> => {
        const node = await storage.info(path, { signal: io.signal });
        return { node, place: typed(name, node.path) };
      },
    );
    if (!isNothing(seen))
      await render(io, {
        data: seen.done.map(nodeDocument),
        table: () =>
          seen.done
            .map((one) =>
              fields(
                io,
                nodePairs(one).map(([key, text]) => [key, text && plain(text)]),
              ),
            )
            .join('\n'),
        names: () => seen.done.map(({ place }) => place),
      });
    throwIfFailed(seen, 'describe', 'path');
  });

export const runDu: Run<typeof def.duCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const seen = await each(io, storages, paths, async ({ name, path, storage }) => {
      const sum: StorageUsage = await storage.usage(path, { signal: io.signal });
      return { ...sum, place: typed(name, sum.path) };
    });
    if (!isNothing(seen))
      await renderList(
        io,
        {
          rows: seen.done,
          document: ({ place, files, folders, links, bytes, unknown }) => ({
            ...{ path: place, bytes, files, folders, links, unknown_sizes: unknown },
          }),
          columns: [
            { header: 'SIZE', value: ({ bytes }) => bytesText(bytes), align: 'right' },
            { header: 'FILES', value: ({ files }) => String(files), align: 'right' },
            { header: 'FOLDERS', value: ({ folders }) => String(folders), align: 'right' },
            { header: 'PATH', value: ({ place }) => place },
          ],
          name: ({ place }) => place,
        },
        'Nothing was counted.',
      );
    throwIfFailed(seen, 'count', 'path');
  });

const amount = (bytes: number | undefined, none = '-'): string =>
  bytes === undefined ? none : bytesText(bytes);

export const runQuota: Run<typeof def.quotaCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    if (paths.length === 0)
      throw usageError('No folder was given.', 'Give one, for example arc:/home/me');
    const seen = await each(io, storages, paths, async ({ name, path, storage, text }) => {
      const quota = await storage.quota(path, { signal: io.signal });
      const used =
        quota &&
        (quota.usedBytes ?? (await storage.usage(quota.path, { signal: io.signal })).bytes);
      const most = quota?.quotaBytes;
      const free = most === undefined || used === undefined ? undefined : Math.max(0, most - used);
      return { path: text, folder: quota && typed(name, quota.path), quota: most, used, free };
    });
    if (!isNothing(seen))
      await renderList(
        io,
        {
          rows: seen.done,
          document: ({ quota, used, free, ...row }) =>
            documentOf(quotaFields, {
              ...{ ...row, quota_bytes: quota, used_bytes: used, free_bytes: free },
            }),
          columns: [
            { header: 'FOLDER', value: ({ folder, path }) => folder ?? path },
            { header: 'USED', value: ({ used }) => amount(used), align: 'right' },
            { header: 'QUOTA', value: ({ quota }) => amount(quota, 'none'), align: 'right' },
            { header: 'FREE', value: ({ free }) => amount(free), align: 'right' },
          ],
          name: ({ folder, path }) => folder ?? path,
        },
        'No folder was given.',
      );
    throwIfFailed(seen, 'look at', 'path');
  });

/** Passes bytes on as fast as they are taken. */
export async function toOutput(io: Io, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    io.out(chunk);
    await io.drained?.();
  }
}

export const runCat: Run<typeof def.catCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    for (const { storage, path } of await placesOf(io, storages, paths))
      await toOutput(io, await storage.read(path, { signal: io.signal }));
  });

export type EndsOptions = OptionsOf<typeof def.tailCommand>;

const usualLines = 10;
const newline = 0x0a;

/** A heading where there are several files, as the usual programs have it. */
function heading(io: Io, files: readonly Remote[], index: number): void {
  const file = files[index];
  if (files.length > 1 && file !== undefined)
    io.out(`${index > 0 ? '\n' : ''}==> ${file.text} <==\n`);
}

async function printLines(io: Io, stream: AsyncIterable<Uint8Array>, lines: number): Promise<void> {
  let left = lines;
  if (left === 0) return;
  for await (const chunk of stream) {
    let end = 0;
    while (left > 0 && end < chunk.length) {
      const next = chunk.indexOf(newline, end);
      if (next < 0) {
        end = chunk.length;
        break;
      }
      end = next + 1;
      left -= 1;
    }
    io.out(chunk.subarray(0, end));
    await io.drained?.();
    if (left === 0) return;
  }
}

/** Does something with each of the files, under headings where there are several. */
const ofEach = (
  io: Io,
  deps: Deps,
  options: EndsOptions,
  print: (file: Remote) => Promise<void>,
): Promise<void> =>
  withStorages(io, deps, async (storages) => {
    const { bytes, lines } = options;
    onlyOne(
      { '--bytes': bytes !== undefined, '--lines': lines !== undefined },
      'Leave one of them out.',
    );
    const files = await placesOf(io, storages, options.paths);
    for (const [index, file] of files.entries()) {
      heading(io, files, index);
      await print(file);
    }
  });

/** Prints the beginnings of files; no more of them is fetched. */
export const runHead: Run<typeof def.headCommand> = (io, deps, options) =>
  ofEach(io, deps, options, async ({ storage, path }) => {
    const { bytes, lines = usualLines } = options;
    const range = bytes === undefined ? undefined : { startBytes: 0, endBytes: bytes };
    const stream = await storage.read(path, { signal: io.signal, range, verify: false });
    if (bytes === undefined) await printLines(io, stream, lines);
    else await toOutput(io, stream);
  });

const firstPiece = 64 * 1024;

/** The last lines of a file: pieces from its end, each four times as long, until there are enough. */
async function lastLines(
  storage: Storage,
  path: string,
  lines: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { sizeBytes } = await storage.info(path, { signal });
  if (lines === 0) return new Uint8Array();
  for (let length = firstPiece; ; length *= 4) {
    const isWhole = sizeBytes === undefined || length >= sizeBytes;
    const range = isWhole ? undefined : { startBytes: -length };
    const stream = await storage.read(path, { signal, range, verify: false });
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const start = tailStart(bytes, lines);
    // Where it begins with the piece, an earlier part of its first line may be missing.
    if (start > 0) return bytes.subarray(start);
    if (isWhole) return bytes;
  }
}

/** Prints the ends of files; no more of them is fetched. */
export const runTail: Run<typeof def.tailCommand> = (io, deps, options) =>
  ofEach(io, deps, options, async ({ storage, path }) => {
    const { bytes, lines = usualLines } = options;
    const { signal } = io;
    if (bytes === undefined) io.out(await lastLines(storage, path, lines, signal));
    else if (bytes > 0) {
      const range = { startBytes: -bytes };
      await toOutput(io, await storage.read(path, { signal, range, verify: false }));
    }
  });
