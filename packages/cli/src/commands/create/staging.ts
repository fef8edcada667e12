import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { glob } from '@skaha/base/glob.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { PartialError, SkahaError } from 'skaha';
import type { BatchStaging, StagedEvent, StagedMove, StagedPair } from 'skaha/batch';
import { transfer } from 'skaha/storage/files';
import type { Deps } from '../../deps.js';
import {
  below,
  diskEnd,
  type End,
  readOperand,
  remoteEnd,
  type Storages,
  withStorages,
} from '../data/places.js';
import type { CreateCommandOptions } from './options.js';

const wild = /[*?]/;

/** The two places of a word in which one is in a storage service, split where both make sense. */
function split(word: string, fits: (from: string, to: string) => boolean, hint: string) {
  for (let at = word.indexOf(':'); at > 0; at = word.indexOf(':', at + 1)) {
    const [from, to] = [word.slice(0, at), word.slice(at + 1)];
    if (from !== '' && to !== '' && fits(from, to)) return { from, to };
  }
  throw usageError(
    `'${word}' is not a path on this machine and a place in a storage service.`,
    hint,
  );
}

const kindOf = (word: string) => readOperand(word).kind;

/** Resolved now: the batch may go on in another folder. */
function absolute(word: string): string {
  const operand = readOperand(word);
  const path = operand.kind === 'disk' ? operand.path : word;
  const slash = /[/\\]$/.test(path) ? '/' : '';
  return `${resolve(path)}${slash}`;
}

/**
 * Reads `LOCAL:NAME:/path`.
 *
 * @throws {SkahaError} command.usage
 */
export function readUpload(word: string): StagedPair {
  const hint = 'Write for example --upload data:arc:/home/me/data';
  const isFit = (from: string, to: string) => kindOf(from) === 'disk' && kindOf(to) === 'storage';
  const { from, to } = split(word, isFit, hint);
  return { from: absolute(from), to };
}

/**
 * Reads `NAME:/path:LOCAL`.
 *
 * @throws {SkahaError} command.usage
 */
export function readDownload(word: string): StagedPair {
  const hint = "Write for example --download 'arc:/home/me/results:results'";
  const isFit = (from: string, to: string) =>
    kindOf(from) === 'storage' && kindOf(to) === 'disk' && !/^[A-Za-z]$/.test(from);
  const { from, to } = split(word, isFit, hint);
  return { from, to: absolute(to) };
}

/** What is to be moved for a launch. */
export interface StagedFiles {
  uploads: readonly StagedPair[];
  downloads: readonly StagedPair[];
}

/**
 * Reads and checks what is moved for a launch.
 *
 * @throws {SkahaError} command.usage, storage.not_found for an input that is not there
 */
export async function readStaging(
  kind: string,
  { upload, download, attach }: CreateCommandOptions,
): Promise<StagedFiles> {
  if (kind !== 'headless')
    throw usageError(
      `--upload and --download are only for headless sessions, not for ${kind} sessions.`,
      "Move its files yourself: 'skaha data cp' before it starts, and whenever you like.",
    );
  onlyOne(
    { '--attach': attach, '--download': download.length > 0 },
    "Follow the log from elsewhere with 'skaha logs -f'.",
  );
  const [uploads, downloads] = [upload.map(readUpload), download.map(readDownload)];
  for (const { from } of uploads) {
    // Values and patterns are filled in later.
    if (/[*?{}]/.test(from)) continue;
    await stat(from).catch((cause) => {
      throw new SkahaError('storage.not_found', `There is no ${plain(from)}.`, {
        cause,
        id: from,
        hint: 'Check its spelling; nothing was launched.',
      });
    });
  }
  return { uploads, downloads };
}

const trimmed = (path: string): string => path.replace(/(?<=[^/])\/+$/, '');

/** What a path of this machine names: more than one where a name in it is a pattern. */
async function filesHere(path: string): Promise<string[]> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere || !wild.test(path)) return [path];
  let found = [path.startsWith('/') ? '/' : ''];
  for (const part of path.split('/').filter((name) => name !== '')) {
    if (!wild.test(part)) {
      found = found.map((folder) => join(folder, part));
      continue;
    }
    const fits = glob(part);
    const next = found.map(async (folder) => {
      const names = await readdir(folder || '.').catch(() => []);
      const shown = names.filter((name) => !name.startsWith('.') || part.startsWith('.'));
      return shown.filter((name) => fits.test(name)).map((name) => join(folder, name));
    });
    found = (await Promise.all(next)).flat().sort();
  }
  if (found.length > 0) return found;
  throw new SkahaError('storage.not_found', `Nothing matches ${plain(path)}.`, {
    id: path,
    hint: 'Check its spelling.',
  });
}

async function sourcesOf(storages: Storages, { direction, from, signal }: StagedMove) {
  if (direction === 'upload') return (await filesHere(trimmed(from))).map(diskEnd);
  return (await storages.places([from], signal)).map(remoteEnd);
}

/** The folder above has to be there. */
async function makeAbove(end: End, signal: AbortSignal): Promise<void> {
  if (end.storage === undefined) {
    await mkdir(dirname(end.text), { recursive: true });
    return;
  }
  const { path, storage } = end.storage;
  const above = path.slice(0, path.lastIndexOf('/'));
  if (above === '' || (await storage.exists(above, { signal }))) return;
  await storage.makeDirectory(above, { parents: true, signal });
}

async function moveOne(io: Io, storages: Storages, move: StagedMove): Promise<void> {
  const { direction, from, to, signal } = move;
  const target =
    direction === 'upload' ? remoteEnd(await storages.remote(to)) : diskEnd(trimmed(to));
  // Unlike with cp it must not matter whether it is there: it is the second time.
  const isInside = to.endsWith('/') || wild.test(from);
  for (const source of await sourcesOf(storages, move)) {
    const end = isInside ? below(target, source.name) : target;
    await makeAbove(end, signal);
    const failed = [];
    for await (const outcome of transfer(source.place, end.place, { compare: 'time', signal })) {
      const { path, result, reason, error } = outcome;
      const place = path === '' ? source.text : `${source.text}/${path}`;
      if (result === 'skipped') note(io, `Left out ${plain(place)}: ${reason ?? ''}.`);
      if (error !== undefined) failed.push({ index: failed.length, item: place, error });
    }
    if (failed.length === 1 && failed[0] !== undefined) throw failed[0].error;
    if (failed.length > 0)
      throw new PartialError(
        `Could not move ${failed.length} files of ${source.text}.`,
        [],
        failed,
      );
  }
}

const stagingWords = {
  upload: { begun: 'Sending', done: 'Sent', failed: 'Could not send' },
  download: { begun: 'Fetching', done: 'Fetched', failed: 'Could not fetch' },
} as const;

function reportStaged(io: Io, { direction, from, to, result, error }: StagedEvent): void {
  // Each is told once: when it is there, or why it is not.
  if (result === 'begun') return;
  const why = error === undefined ? '.' : `: ${plain(error.message)}`;
  note(io, `${stagingWords[direction][result]} ${plain(from)} to ${plain(to)}${why}`);
}

/**
 * Lets a batch move its files while something works on it.
 *
 * @param files - empty for a batch whose journal has them
 */
export const staged = <Result>(
  io: Io,
  deps: Deps,
  files: Partial<StagedFiles>,
  work: (staging: BatchStaging) => Promise<Result>,
): Promise<Result> =>
  withStorages(io, deps, (storages) =>
    work({
      ...files,
      move: (move) => moveOne(io, storages, move),
      onStaged: (event) => reportStaged(io, event),
    }),
  );
