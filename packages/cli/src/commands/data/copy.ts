import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { type ProgressMode, progressMode } from '@skaha/terminal/output/progress-option.js';
import { column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import type { FailedItem } from 'skaha';
import {
  type TransferOptions,
  type TransferOutcome,
  type TransferProgress,
  transfer,
} from 'skaha/storage/files';
import type { Deps } from '../../deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import type { End } from './operands.js';
import { bytesText } from './view.js';
import { copyFields } from './writing.js';

/** What became of a file, and between which places. */
interface Copied {
  outcome: TransferOutcome;
  from: string;
  to: string;
}

const joined = (top: string, path: string): string =>
  path === '' ? top : `${withoutTrailingSlashes(top)}/${path}`;

const copyDocument = ({ outcome, from, to }: Copied) =>
  documentOf(copyFields, {
    ...{ ...outcome, from, to, planned: outcome.isPlanned, size_bytes: outcome.sizeBytes },
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

/** Tells on standard error how far it is. */
function teller(io: Io, mode: ProgressMode, now: () => number) {
  const silent = { onProgress: undefined, end: () => {} };
  if (mode === 'none' || (mode === 'auto' && isMachine(io.format))) return silent;
  if (mode === 'auto') {
    const line = createProgress(io);
    return {
      onProgress: (progress: TransferProgress) => line.show(progressText(progress)),
      end: () => line.clear(),
    };
  }
  let told = Number.NEGATIVE_INFINITY;
  const onProgress = (progress: TransferProgress) => {
    const isLast = progress.files === progress.filesTotal;
    if (!isLast && now() - told < 1000) return;
    told = now();
    const { bytes, bytesPerSecond, bytesTotal, files, filesTotal, secondsLeft } = progress;
    const document = {
      ...{ event: 'transfer', done: files, total: filesTotal, bytes, bytes_total: bytesTotal },
      bytes_per_second: Math.round(bytesPerSecond),
      seconds_left: secondsLeft === undefined ? null : Math.round(secondsLeft),
      time: new Date(now()).toISOString(),
    };
    io.err(mode === 'json' ? `${JSON.stringify(document)}\n` : `${progressText(progress)}\n`);
  };
  return { onProgress, end: () => {} };
}

/** Runs the copies of one command line one after the other, and tells what became of all files. */
export async function copyAll(
  io: Io,
  deps: Deps,
  pairs: readonly (readonly [from: End, to: End])[],
  options: TransferOptions & { progress: string },
): Promise<void> {
  const { progress, ...rest } = options;
  const tell = teller(io, progressMode(progress), () => deps.now());
  const all: Copied[] = [];
  const { signal } = io;
  const started = deps.now();
  try {
    for (const [from, to] of pairs) {
      const settings = { ...rest, signal, onProgress: tell.onProgress };
      for await (const outcome of transfer(from.place, to.place, settings)) {
        const { path } = outcome;
        all.push({ outcome, from: joined(from.text, path), to: joined(to.text, path) });
      }
    }
  } catch (error) {
    tell.end();
    const done = all.filter(({ outcome }) => outcome.result === 'copied').length;
    if (signal.aborted && done > 0)
      note(
        io,
        `${count(done, 'file')} had been copied completely by then. To continue, run it again as 'skaha data sync'`,
      );
    throw error;
  }
  tell.end();
  await tellAll(io, all, deps.now() - started);
}

const words: Readonly<Record<TransferOutcome['result'], [done: string, planned: string]>> = {
  copied: ['copied', 'would copy'],
  removed: ['removed', 'would remove'],
  same: ['same', 'same'],
  skipped: ['left out', 'left out'],
  failed: ['failed', 'failed'],
};

function line({ outcome, from, to }: Copied): string {
  const { result, isPlanned, reason } = outcome;
  const what = words[result][isPlanned ? 1 : 0];
  const why = reason === undefined ? '' : `: ${reason}`;
  return plain(result === 'removed' ? `${what} ${to}` : `${what} ${from} to ${to}${why}`);
}

async function tellAll(io: Io, all: readonly Copied[], elapsedMs: number): Promise<void> {
  const changes = all.filter(({ outcome }) => outcome.result !== 'same');
  const shown = io.format === 'table' ? changes.filter(({ outcome }) => outcome.isPlanned) : all;
  const columns = [column('WHAT', line)];
  if (io.format !== 'table') {
    await renderList(
      io,
      { rows: shown, document: copyDocument, columns, name: ({ to }) => to },
      'There was nothing to do.',
    );
  } else io.out(shown.map((one) => `${line(one)}\n`).join(''));
  for (const one of changes) if (one.outcome.result === 'skipped') note(io, `${line(one)}`);
  const of = (result: TransferOutcome['result']) =>
    all.filter(({ outcome }) => outcome.result === result);
  const bytes = of('copied').reduce((sum, { outcome }) => sum + (outcome.sizeBytes ?? 0), 0);
  const isPlan = all.some(({ outcome }) => outcome.isPlanned);
  const weak = of('copied').filter(({ outcome }) => outcome.verified === 'size').length;
  if (isPlan && changes.length === 0) {
    note(io, `Nothing would need to be done: ${count(of('same').length, 'file')} the same.`);
  } else if (isPlan) note(io, 'Nothing was done: this is what would happen.');
  else
    note(
      io,
      `${count(of('copied').length, 'file')} copied (${bytesText(bytes)}) in ${(elapsedMs / 1000).toFixed(1)} s, ${of('same').length} the same, ${of('removed').length} removed.${weak === 0 ? '' : ` For ${weak} only the length could be compared.`}`,
    );
  const failed: FailedItem[] = of('failed').flatMap(({ outcome: { error }, from }, index) =>
    error === undefined ? [] : [{ index, item: from, error }],
  );
  const done = all.filter(({ outcome }) => outcome.result !== 'failed');
  throwIfFailed({ done, failed }, 'copy', 'file');
}
