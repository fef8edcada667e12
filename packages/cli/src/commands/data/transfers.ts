import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import {
  type TransferOptions,
  type TransferOutcome,
  type TransferProgress,
  transfer,
} from 'skaha/storage/files';
import type { Deps } from '../../deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import { copyFields } from './definitions.js';
import type { End } from './places.js';
import { bytesText } from './view.js';

/** What became of a file, and between which places. */
interface Copied {
  outcome: TransferOutcome;
  from: string;
  to: string;
}

const copyDocument = ({ outcome, from, to }: Copied) =>
  documentOf(copyFields, {
    ...outcome,
    from,
    to,
    planned: outcome.isPlanned,
    size_bytes: outcome.sizeBytes,
    error: outcome.error?.toJSON(),
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
function progressReport(io: Io, deps: Deps, option: string) {
  const mode = progressMode(option);
  if (mode === 'none' || (mode === 'auto' && isMachine(io.format)))
    return { onProgress: undefined, end: () => {} };
  if (mode === 'auto') {
    const line = createProgress(io);
    const onProgress = (progress: TransferProgress) => line.show(progressText(progress));
    return { onProgress, end: () => line.clear() };
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
export async function copyAll(
  io: Io,
  deps: Deps,
  pairs: readonly (readonly [from: End, to: End])[],
  { progress, ...options }: TransferOptions & { progress: string },
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
        all.push({ outcome, from: joined(from.text, path), to: joined(to.text, path) });
      }
    }
  } catch (error) {
    report.end();
    const done = all.filter(({ outcome }) => outcome.result === 'copied').length;
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

function line({ outcome: { result, isPlanned, reason }, from, to }: Copied): string {
  const what = words[result][isPlanned ? 1 : 0];
  const why = reason === undefined ? '' : `: ${reason}`;
  return plain(result === 'removed' ? `${what} ${to}` : `${what} ${from} to ${to}${why}`);
}

async function showCopies(io: Io, all: readonly Copied[], elapsedMs: number): Promise<void> {
  const isPlan = all.some(({ outcome }) => outcome.isPlanned);
  if (io.format === 'table')
    for (const one of all)
      if (one.outcome.isPlanned && one.outcome.result !== 'same') io.out(`${line(one)}\n`);
  if (io.format !== 'table') {
    const columns = [column('WHAT', line)];
    const list = { rows: all, document: copyDocument, columns, name: ({ to }: Copied) => to };
    await renderList(io, list, 'There was nothing to do.');
  }
  const of = (result: TransferOutcome['result']) =>
    all.filter(({ outcome }) => outcome.result === result);
  for (const one of of('skipped')) note(io, line(one));
  note(io, isPlan ? planSummary(all, of('same').length) : summary(of, elapsedMs));
  const failed = of('failed').flatMap(({ outcome: { error }, from: item }, index) =>
    error === undefined ? [] : [{ index, item, error }],
  );
  const done = all.filter(({ outcome }) => outcome.result !== 'failed');
  throwIfFailed({ done, failed }, 'copy', 'file');
}

const planSummary = (all: readonly Copied[], same: number): string =>
  same === all.length
    ? `Nothing would need to be done: ${count(same, 'file')} the same.`
    : 'Nothing was done: this is what would happen.';

function summary(
  of: (result: TransferOutcome['result']) => readonly Copied[],
  elapsedMs: number,
): string {
  const copied = of('copied');
  const bytes = copied.reduce((sum, { outcome }) => sum + (outcome.sizeBytes ?? 0), 0);
  const weak = copied.filter(({ outcome }) => outcome.verified === 'size').length;
  const seconds = (elapsedMs / 1000).toFixed(1);
  const unsure = weak === 0 ? '' : ` For ${weak} only the length could be compared.`;
  return `${count(copied.length, 'file')} copied (${bytesText(bytes)}) in ${seconds} s, ${of('same').length} the same, ${of('removed').length} removed.${unsure}`;
}
