import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { SkahaError } from 'skaha';
import { onDisk, type Place, transfer } from 'skaha/storage/files';
import { nodeAt, remoteEnd } from '../data/places.js';
import { atPlace, fileAt, guardedPlace, placeInput } from './file-tools.js';
import { line, z } from './sdk.js';
import { isGuarded } from './secrets.js';
import { defineChange, refused, type Tool, type ToolCall } from './tool.js';

const largestFile = 100 * 1024 * 1024;

/** Tests whether a path lies in a folder; both without links. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}

/** A file of this machine, which no link leads out of the folder that may be used. */
async function localFile({ folder }: ToolCall, text: string): Promise<string> {
  if (folder === undefined) throw refused('No folder on this machine may be used.', '--folder DIR');
  const path = resolve(folder, text);
  const outside = new SkahaError(
    'request.invalid',
    `${text} is not in the folder that may be used.`,
    { id: text, hint: `Only files in ${folder} may be copied; give their paths relative to it.` },
  );
  if (!isWithin(folder, path)) throw outside;
  const above = await realpath(dirname(path)).catch(() => undefined);
  if (above === undefined)
    throw refused(`The folder of ${text} does not exist.`, 'Create it first, or give another.');
  const real = join(above, basename(path));
  if (!isWithin(folder, real)) throw outside;
  const there = await lstat(real).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw refused(
      `${text} is not a regular file.`,
      'Give a file that is neither a link nor a folder.',
    );
  if (isGuarded(real)) throw guardedPlace(text);
  return real;
}

const localInput = line(2000, 'File on this machine, relative to the folder that may be used');

function checkSize(text: string, sizeBytes: number | undefined): void {
  if (sizeBytes !== undefined && sizeBytes <= largestFile) return;
  const size = sizeBytes === undefined ? 'of unknown size' : `${sizeBytes} bytes long`;
  throw refused(
    `${text} is ${size}; at most ${largestFile} bytes are copied here.`,
    "Copy it yourself with 'skaha data cp'.",
  );
}

/** Copies one file, and fails as it fails. */
async function copy({ io, progress }: ToolCall, from: Place, to: Place) {
  const onProgress = ({ bytes, bytesTotal }: { bytes: number; bytesTotal: number }) =>
    progress(`${bytes} of ${bytesTotal} bytes`);
  for await (const outcome of transfer(from, to, { signal: io.signal, onProgress })) {
    if (outcome.error !== undefined) throw outcome.error;
    if (outcome.result === 'copied') return outcome;
  }
  throw refused('Nothing was copied.', 'Give a regular file.');
}

const copiedOutput = {
  size_bytes: z.number().optional(),
  md5: z.string().optional(),
};

const replaced = (exists: boolean, text: string): string[] =>
  exists ? [`${text} exists and will be replaced`] : [];

const up = defineChange({
  name: 'data_up',
  title: 'Copy a file to a storage service',
  description:
    'Copies one file from this machine to a storage service, after the person has agreed. What arrives is compared with what was sent.',
  effect: 'removes',
  input: { from: localInput, to: placeInput },
  output: copiedOutput,
  run: (call, { from, to }, ask) =>
    atPlace(call, to, async (remote) => {
      const path = await localFile(call, from);
      const file = await lstat(path).catch(() => undefined);
      if (file === undefined) throw refused(`${from} does not exist.`, 'Give an existing file.');
      checkSize(from, file.size);
      const target = await nodeAt(remote, call.io.signal);
      if (target !== undefined && target.kind !== 'file')
        throw refused(`${to} is a ${target.kind}.`, 'Give the file a name in it.');
      const what = `Copy ${from} to ${to}?`;
      const preview = [`${file.size} bytes`, ...replaced(target !== undefined, to)];
      const about = ['up', path, to, target?.md5, file.size, file.mtimeMs];
      return ask({ what, preview, about }, async () => {
        const { sizeBytes, md5 } = await copy(call, onDisk(path), remoteEnd(remote).place);
        return { message: `Copied to ${to}.`, size_bytes: sizeBytes, md5 };
      });
    }),
});

const down = defineChange({
  name: 'data_down',
  title: 'Copy a file to this machine',
  description:
    'Copies one file from a storage service to this machine, after the person has agreed. What arrives is compared with the original.',
  effect: 'removes',
  input: { from: placeInput, to: localInput },
  output: copiedOutput,
  run: (call, { from, to }, ask) =>
    atPlace(call, from, async (remote) => {
      const { sizeBytes } = await fileAt(call, remote);
      checkSize(from, sizeBytes);
      const path = await localFile(call, to);
      const there = await lstat(path).catch(() => undefined);
      const what = `Copy ${from} to ${path}?`;
      const preview = [`${sizeBytes} bytes`, ...replaced(there !== undefined, path)];
      const about = ['down', from, path, sizeBytes, there?.mtimeMs];
      return ask({ what, preview, about }, async () => {
        const { md5 } = await copy(call, remoteEnd(remote).place, onDisk(path));
        return { message: `Copied to ${path}.`, size_bytes: sizeBytes, md5 };
      });
    }),
});

/** What copies files to and from the one folder that may be used. */
export const copyTools: readonly Tool[] = [up, down];
