import type { Io } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { Storage } from 'skaha/storage';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { expanded, type Remote, type Storages, withStorages } from './operands.js';
import type { catCommand, headCommand, tailCommand } from './reading.js';

/** Passes bytes on as fast as they are taken. */
export async function toOutput(io: Io, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    io.out(chunk);
    await io.drained?.();
  }
}

async function filesOf(io: Io, storages: Storages, words: readonly string[]): Promise<Remote[]> {
  const files: Remote[] = [];
  for (const word of words) files.push(...(await expanded(await storages.remote(word), io.signal)));
  return files;
}

/** Prints files. */
export const runCat: Run<typeof catCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    for (const { storage, path } of await filesOf(io, storages, paths))
      await toOutput(io, await storage.read(path, { signal: io.signal }));
  });

export type EndsOptions = OptionsOf<typeof tailCommand>;

const usualLines = 10;
const newline = 0x0a;

function checkAmount({ bytes, lines }: EndsOptions): void {
  if (bytes !== undefined && lines !== undefined)
    throw usageError('--bytes and --lines cannot be used together.', 'Leave one of them out.');
}

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
    checkAmount(options);
    const files = await filesOf(io, storages, options.paths);
    for (const [index, file] of files.entries()) {
      heading(io, files, index);
      await print(file);
    }
  });

/** Prints the beginnings of files; no more of them is fetched. */
export const runHead: Run<typeof headCommand> = (io, deps, options) =>
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
    let start = bytes.length;
    let found = 0;
    // A line end at the very end ends the last line and begins none.
    for (let at = bytes.length - 2; at >= 0 && found < lines; at -= 1) {
      if (bytes[at] !== newline) continue;
      found += 1;
      start = at + 1;
    }
    if (found === lines) return bytes.subarray(start);
    if (isWhole) return bytes;
  }
}

/** Prints the ends of files; no more of them is fetched. */
export const runTail: Run<typeof tailCommand> = (io, deps, options) =>
  ofEach(io, deps, options, async ({ storage, path }) => {
    const { bytes, lines = usualLines } = options;
    const { signal } = io;
    if (bytes === undefined) io.out(await lastLines(storage, path, lines, signal));
    else if (bytes > 0) {
      const range = { startBytes: -bytes };
      await toOutput(io, await storage.read(path, { signal, range, verify: false }));
    }
  });
