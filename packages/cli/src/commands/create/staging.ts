import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { PartialError, SkahaError } from 'skaha';
import type { StagedMove, StagedPair } from 'skaha/batch';
import { transfer } from 'skaha/storage/files';
import type { Deps } from '../../environment/deps.js';
import {
  below,
  diskEnd,
  type End,
  isPattern,
  matchingPaths,
  readOperand,
  remoteEnd,
  Storages,
} from '../data/places.js';
import type { CreateCommandOptions } from './definitions.js';

const examples = {
  upload: '--upload data:arc:/home/me/data',
  download: "--download 'arc:/home/me/results:results'",
};

/** Made absolute now: the batch may be resumed in another folder. */
const absolute = (path: string): string => `${resolve(path)}${/[/\\]$/.test(path) ? '/' : ''}`;

/**
 * Reads `LOCAL:NAME:/path` of an upload or `NAME:/path:LOCAL` of a download, split where both halves
 * make sense.
 *
 * @throws {SkahaError} command.usage
 */
function readPair(direction: StagedMove['direction'], word: string): StagedPair {
  for (let at = word.indexOf(':'); at > 0; at = word.indexOf(':', at + 1)) {
    const [from, to] = [word.slice(0, at), word.slice(at + 1)];
    if (to === '') break;
    const [source, target] = [readOperand(from), readOperand(to)];
    if (direction === 'upload' && source.kind === 'disk' && target.kind === 'storage')
      return { from: absolute(source.path), to };
    if (direction === 'download' && source.kind === 'storage' && target.kind === 'disk')
      return { from, to: absolute(target.path) };
  }
  throw usageError(
    `'${word}' is not a path on this machine and a place in a storage service.`,
    `Write for example ${examples[direction]}`,
  );
}

/** What is moved for a launch. */
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
  const uploads = upload.map((word) => readPair('upload', word));
  const downloads = download.map((word) => readPair('download', word));
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

const folders = {
  exists: async (path: string) => existsSync(path),
  names: (folder: string) => readdir(folder).catch(() => []),
};

/** The files and folders of this machine that a path means. */
async function filesAt(path: string): Promise<End[]> {
  return (await matchingPaths(folders, path, path, 'Check its spelling.')).map(diskEnd);
}

/** The folder above has to be there. */
async function makeAbove(end: End, signal: AbortSignal): Promise<void> {
  if (end.remote === undefined) {
    await mkdir(dirname(end.text), { recursive: true });
    return;
  }
  const { path, storage } = end.remote;
  const above = path.slice(0, path.lastIndexOf('/'));
  if (above === '' || (await storage.exists(above, { signal }))) return;
  await storage.makeDirectory(above, { parents: true, signal });
}

async function moveOne(io: Io, storages: Storages, move: StagedMove): Promise<void> {
  const { direction, from, to, signal } = move;
  const [sources, target] =
    direction === 'upload'
      ? [await filesAt(trimmed(from)), remoteEnd(await storages.remote(to))]
      : [(await storages.places([from], signal)).map(remoteEnd), diskEnd(trimmed(to))];
  // Unlike with cp it must not matter whether it is there: it is the second time.
  const isInside = to.endsWith('/') || isPattern(from);
  for (const source of sources) {
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

/** What moves the files of a batch; storage services stay open until it is closed. */
export function fileMover(io: Io, deps: Deps) {
  const storages = new Storages(io, deps);
  return {
    move: (move: StagedMove) => moveOne(io, storages, move),
    close: () => storages.close(),
  };
}
