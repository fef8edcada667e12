import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import type { ProgressMode } from '@skaha/terminal/output/progress-option.js';
import { column } from '@skaha/terminal/output/table.js';
import { bytesText, count, plain } from '@skaha/terminal/output/text.js';
import { type UsageError, usageError } from '@skaha/terminal/usage.js';
import { type FailedItem, SkahaError } from 'skaha';
import {
  compareTrees,
  type Difference,
  type TransferOptions,
  type TransferOutcome,
  type TransferProgress,
  transfer,
} from 'skaha/storage/files';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import type * as def from './definitions.js';
import { copyFields } from './definitions.js';
import {
  below,
  diskEnd,
  type End,
  nodeAt,
  readOperand,
  remoteEnd,
  type Storages,
  withStorages,
} from './places.js';
import { toOutput } from './read.js';

/** What became of a file, and between which places. */
interface Copied extends TransferOutcome {
  from: string;
  to: string;
}

const copyDocument = (copied: Copied) =>
  documentOf(copyFields, {
    ...copied,
    planned: copied.isPlanned,
    size_bytes: copied.sizeBytes,
    error: copied.error?.toJSON(),
  });

function progressText(progress: TransferProgress): string {
  const { bytes, bytesPerSecond, bytesTotal, files, filesTotal, secondsLeft } = progress;
  const left =
    secondsLeft === undefined
      ? ''
      : `, ${new Date(secondsLeft * 1000).toISOString().slice(11, 19)} left`;
  return `${files} of ${filesTotal} files, ${bytesText(bytes)} of ${bytesText(bytesTotal)}, ${bytesText(bytesPerSecond)}/s${left}`;
}

const progressDocument = (progress: TransferProgress, now: number) => ({
  event: 'transfer',
  done: progress.files,
  total: progress.filesTotal,
  bytes: progress.bytes,
  bytes_total: progress.bytesTotal,
  bytes_per_second: Math.round(progress.bytesPerSecond),
  seconds_left: progress.secondsLeft === undefined ? null : Math.round(progress.secondsLeft),
  time: new Date(now).toISOString(),
});

/** Shows on standard error how far the copies are. */
function progressReport(io: Io, deps: Deps, mode: ProgressMode) {
  if (mode === 'none') return { onProgress: undefined, end: () => {} };
  if (mode === 'auto') {
    const line = createProgress(io);
    const onProgress = (progress: TransferProgress) => line.show(progressText(progress));
    return { onProgress, end: line.clear };
  }
  let last = Number.NEGATIVE_INFINITY;
  const onProgress = (progress: TransferProgress) => {
    const now = deps.now();
    const isLast = progress.files === progress.filesTotal;
    if (!isLast && now - last < 1000) return;
    last = now;
    const text =
      mode === 'json' ? JSON.stringify(progressDocument(progress, now)) : progressText(progress);
    io.err(`${text}\n`);
  };
  return { onProgress, end: () => {} };
}

const joined = (top: string, path: string): string =>
  path === '' ? top : `${withoutTrailingSlashes(top)}/${path}`;

/** Runs the copies of one command line one after the other, and says what became of all files. */
async function copyAll(
  io: Io,
  deps: Deps,
  pairs: readonly (readonly [from: End, to: End])[],
  { progress, ...options }: TransferOptions & { progress: ProgressMode },
): Promise<void> {
  const report = progressReport(io, deps, progress);
  const all: Copied[] = [];
  const { signal } = io;
  const started = deps.now();
  try {
    for (const [from, to] of pairs) {
      const settings = { ...options, signal, onProgress: report.onProgress };
      for await (const outcome of transfer(from.place, to.place, settings)) {
        const { path } = outcome;
        all.push({ ...outcome, from: joined(from.text, path), to: joined(to.text, path) });
      }
    }
  } catch (error) {
    report.end();
    const done = all.filter(({ result }) => result === 'copied').length;
    if (signal.aborted && done > 0)
      note(
        io,
        `${count(done, 'file')} had been copied completely by then. To continue, run it again as 'skaha data sync'`,
      );
    throw error;
  }
  report.end();
  await showCopies(io, all, deps.now() - started);
}

const words: Readonly<Record<TransferOutcome['result'], [done: string, planned: string]>> = {
  copied: ['copied', 'would copy'],
  removed: ['removed', 'would remove'],
  same: ['same', 'same'],
  skipped: ['left out', 'left out'],
  failed: ['failed', 'failed'],
};

function line({ result, isPlanned, reason, from, to }: Copied): string {
  const what = words[result][isPlanned ? 1 : 0];
  const why = reason === undefined ? '' : `: ${reason}`;
  return plain(result === 'removed' ? `${what} ${to}` : `${what} ${from} to ${to}${why}`);
}

async function showCopies(io: Io, all: readonly Copied[], elapsedMs: number): Promise<void> {
  if (io.format === 'table') {
    for (const one of all) if (one.isPlanned && one.result !== 'same') io.out(`${line(one)}\n`);
  } else {
    const columns = [column('WHAT', line)];
    const list = { rows: all, document: copyDocument, columns, name: ({ to }: Copied) => to };
    await renderList(io, list, 'There was nothing to do.');
  }
  for (const one of all) if (one.result === 'skipped') note(io, line(one));
  note(io, summary(all, elapsedMs));
  const failed: FailedItem[] = [];
  for (const { from: item, error } of all)
    if (error !== undefined) failed.push({ index: failed.length, item, error });
  const done = all.filter(({ error }) => error === undefined);
  throwIfFailed({ done, failed }, 'copy', 'file');
}

function summary(all: readonly Copied[], elapsedMs: number): string {
  const of = (wanted: TransferOutcome['result']) => all.filter(({ result }) => result === wanted);
  const [copied, same] = [of('copied'), of('same').length];
  if (all.some(({ isPlanned }) => isPlanned))
    return same === all.length
      ? `Nothing would need to be done: ${count(same, 'file')} the same.`
      : 'Nothing was done: this is what would happen.';
  const bytes = copied.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  const weak = copied.filter(({ verified }) => verified === 'size').length;
  const seconds = (elapsedMs / 1000).toFixed(1);
  const unsure = weak === 0 ? '' : ` For ${weak} only the length could be compared.`;
  return `${count(copied.length, 'file')} copied (${bytesText(bytes)}) in ${seconds} s, ${same} the same, ${of('removed').length} removed.${unsure}`;
}

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
      else ends.push(...(await storages.places([word])).map(remoteEnd));
    }
    if (end.remote === undefined && ends.some(({ remote }) => remote === undefined))
      throw usageError(
        'Both are on this machine.',
        'Write the one in a storage service like arc:/home/me/data',
      );
    const pairs = await paired(io, ends, end, target, options.recursive);
    return copyAll(io, deps, pairs, {
      links: options.links,
      keepExisting: options.keep,
      verify: !options.noVerify,
      concurrency: options.jobs,
      progress: options.progress,
    });
  });

const noFolder = ({ text, remote }: End): UsageError =>
  usageError(
    `'${text}' is not an existing folder.`,
    remote === undefined ? "Create it first: 'mkdir -p'" : "Create it first: 'skaha data mkdir -p'",
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

function refuseItself({ remote: from, text }: End, { remote: to }: End): void {
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

export const runDataSync: Run<typeof def.dataSyncCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const from = await endOf(storages, options.source);
    const to = await endOf(storages, options.target);
    io.signal.throwIfAborted();
    if (from.remote === undefined && to.remote === undefined)
      throw usageError('Both are on this machine.', 'One of them must be in a storage service.');
    refuseItself(from, to);
    refuseItself(to, from);
    await copyAll(io, deps, [[from, to]], {
      compare: options.by,
      delete: options.delete,
      dryRun: options.dryRun,
      links: options.links,
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
