import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type UsageError, usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import { type Comparison, compareTrees, type Difference } from 'skaha/storage/files';
import type { Run } from '../../command.js';
import type * as def from './definitions.js';
import {
  below,
  diskEnd,
  type End,
  expanded,
  nodeAt,
  readOperand,
  remoteEnd,
  type Storages,
  withStorages,
} from './places.js';
import { toOutput } from './read.js';
import { copyAll } from './transfers.js';
import { bytesText } from './view.js';

const linkPolicy = (word: string) => (word === 'follow' ? 'follow' : 'skip');

export const runDataCp: Run<typeof def.dataCpCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const target = options.paths.at(-1);
    const sources = options.paths.slice(0, -1);
    if (target === undefined || sources.length === 0)
      throw usageError('The target is missing.', 'Give what to copy, then where to.');
    if (sources.includes('-') || target === '-') return pipe(io, storages, sources, target);
    const end = await endOf(storages, target);
    const ends: End[] = [];
    for (const word of sources) {
      const operand = readOperand(word);
      if (operand.kind === 'disk') ends.push(diskEnd(operand.path));
      else ends.push(...(await expanded(await storages.remote(word), io.signal)).map(remoteEnd));
    }
    if (end.storage === undefined && ends.some(({ storage }) => storage === undefined))
      throw usageError(
        'Both are on this machine.',
        'Write the one in a storage service like arc:/home/me/data',
      );
    const pairs = await paired(io, ends, end, target, options.recursive);
    return copyAll(io, deps, pairs, {
      links: linkPolicy(options.links),
      keepExisting: options.keep,
      verify: !options.noVerify,
      concurrency: options.jobs,
      progress: options.progress,
    });
  });

const noFolder = ({ text, storage }: End): UsageError =>
  usageError(
    `'${text}' is not an existing folder.`,
    storage === undefined
      ? "Create it first: 'mkdir -p'"
      : "Create it first: 'skaha data mkdir -p'",
  );

const kindAt = async ({ place }: End, signal: AbortSignal) =>
  (await place.tree.top({ signal }))?.kind;

/**
 * Where each source goes: into a folder that is there, or to the name that was given.
 *
 * @param word - the target as it was typed
 */
async function paired(
  io: Io,
  ends: readonly End[],
  target: End,
  word: string,
  isRecursive: boolean,
): Promise<[End, End][]> {
  const isFolder = (await kindAt(target, io.signal)) === 'folder';
  if (!isFolder && ends.length > 1) throw noFolder(target);
  const pairs: [End, End][] = [];
  for (const from of ends) {
    const kind = await kindAt(from, io.signal);
    if (kind === 'folder' && !isRecursive)
      throw new SkahaError('storage.wrong_kind', `${from.text} is a folder.`, {
        id: from.text,
        hint: "Copy it and everything in it: 'skaha data cp -r'",
      });
    if (!isFolder && word.endsWith('/') && kind !== 'folder') throw noFolder(target);
    if (isFolder && (from.name === '' || from.name === '..'))
      throw usageError(
        `'${from.text}' has no name that a copy could have.`,
        from.name === '' ? 'Give the target a name.' : undefined,
      );
    const to = isFolder ? below(target, from.name) : target;
    refuseItself(from, to);
    pairs.push([from, to]);
  }
  return pairs;
}

function refuseItself({ storage: from, text }: End, { storage: to }: End): void {
  if (from === undefined || to === undefined || from.name !== to.name) return;
  const folder = (path: string) => `${withoutTrailingSlashes(path)}/`;
  if (folder(to.path).startsWith(folder(from.path)))
    throw usageError(`'${text}' cannot be copied into itself.`);
}

/** From standard input or to standard output. */
async function pipe(
  io: Io,
  storages: Storages,
  sources: readonly string[],
  target: string,
): Promise<void> {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0 || source === target)
    throw usageError("'-' stands for a single file.", 'Give one source and one target.');
  const { signal } = io;
  if (target === '-') {
    const { storage, path } = await storages.remote(source);
    return toOutput(io, await storage.read(path, { signal }));
  }
  const remote = await storages.remote(target);
  if ((await nodeAt(remote, signal))?.kind === 'folder')
    throw usageError(`'${remote.text}' is a folder.`, 'Give the file a name in it.');
  const content = io.readBytes?.() ?? textBytes(io);
  const written = await remote.storage.write(remote.path, content, { signal });
  const { md5, sizeBytes, verified } = written;
  note(io, `${bytesText(sizeBytes)} written to ${plain(remote.text)}, MD5 ${md5} (${verified}).`);
}

async function* textBytes(io: Io): AsyncGenerator<Uint8Array, void> {
  yield new TextEncoder().encode(await io.readAll());
}

/** What a word names that stands for one place. */
async function endOf(storages: Storages, word: string): Promise<End> {
  const operand = readOperand(word);
  if (operand.kind === 'stream') throw usageError("'-' is not a folder.");
  return operand.kind === 'disk' ? diskEnd(operand.path) : remoteEnd(await storages.remote(word));
}

const comparisons: readonly Comparison[] = ['time', 'size', 'checksum'];

export const runDataSync: Run<typeof def.dataSyncCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const from = await endOf(storages, options.source);
    const to = await endOf(storages, options.target);
    io.signal.throwIfAborted();
    if (from.storage === undefined && to.storage === undefined)
      throw usageError('Both are on this machine.', 'One of them must be in a storage service.');
    refuseItself(from, to);
    refuseItself(to, from);
    await copyAll(io, deps, [[from, to]], {
      compare: comparisons.find((one) => one === options.by) ?? 'time',
      delete: options.delete,
      dryRun: options.dryRun,
      links: linkPolicy(options.links),
      concurrency: options.jobs,
      progress: options.progress,
    });
  });

export const runDataVerify: Run<typeof def.dataVerifyCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const from = await endOf(storages, options.source);
    const to = await endOf(storages, options.target);
    const { signal } = io;
    signal.throwIfAborted();
    const found: Difference[] = [];
    const differences = compareTrees(from.place, to.place, {
      checksum: !options.sizeOnly,
      signal,
    });
    for await (const item of differences) found.push(item);
    found.sort((a, b) => (a.path < b.path ? -1 : 1));
    await renderList<Difference>(
      io,
      {
        rows: found.filter(({ result }) => options.all || result !== 'same'),
        document: ({ path, result, reason }) => ({ path, result, reason: reason ?? null }),
        columns: [
          column('RESULT', ({ result }) => result),
          column('PATH', ({ path }) => path || '.'),
          column('WHY', ({ reason }) => reason ?? '-'),
        ],
        name: ({ path }) => path,
      },
      `All ${count(found.length, 'path')} are the same.`,
    );
    const bad = found.filter(({ result }) => result !== 'same' && result !== 'unknown').length;
    const open = found.filter(({ result }) => result === 'unknown').length;
    if (bad > 0)
      throw new SkahaError(
        'storage.differs',
        `${bad} of ${count(found.length, 'path')} ${bad === 1 ? 'differs' : 'differ'}.`,
        { hint: "Copy what differs: 'skaha data sync --by checksum'" },
      );
    if (open > 0) note(io, `For ${count(open, 'path')} this cannot be determined.`);
  });
