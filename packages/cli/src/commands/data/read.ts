import type { Io } from '@skaha/terminal/io.js';
import { tailStart } from '@skaha/terminal/output/prefixed-lines.js';
import { onlyOne } from '@skaha/terminal/usage.js';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import type * as def from './definitions.js';
import { type Remote, withStorages } from './places.js';

/** Passes bytes on as fast as they are taken. */
export async function toOutput(io: Io, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    io.out(chunk);
    await io.drained?.();
  }
}

export const runDataCat: Run<typeof def.dataCatCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    for (const { storage, path } of await storages.places(paths))
      await toOutput(io, await storage.read(path, { signal: io.signal }));
  });

const usualLines = 10;
const newline = 0x0a;

/** Prints a part of each of some files, with headings where there are several. */
const ofEach = (
  io: Io,
  deps: Deps,
  { bytes, lines, paths }: OptionsOf<typeof def.dataHeadCommand>,
  print: (file: Remote) => Promise<void>,
): Promise<void> =>
  withStorages(io, deps, async (storages) => {
    onlyOne(
      { '--bytes': bytes !== undefined, '--lines': lines !== undefined },
      'Leave one of them out.',
    );
    const files = await storages.places(paths);
    for (const [index, file] of files.entries()) {
      // As the usual programs have it.
      if (files.length > 1) io.out(`${index > 0 ? '\n' : ''}==> ${file.text} <==\n`);
      await print(file);
    }
  });

/** The beginning of a stream, up to a number of lines. */
async function* firstLines(
  stream: AsyncIterable<Uint8Array>,
  lines: number,
): AsyncGenerator<Uint8Array, void> {
  let left = lines;
  if (left === 0) return;
  for await (const chunk of stream) {
    let end = 0;
    for (; left > 0 && end < chunk.length; left -= 1) {
      const next = chunk.indexOf(newline, end);
      if (next < 0) break;
      end = next + 1;
    }
    yield left === 0 ? chunk.subarray(0, end) : chunk;
    if (left === 0) return;
  }
}

/** Prints the beginnings of files; no more of them is fetched. */
export const runDataHead: Run<typeof def.dataHeadCommand> = (io, deps, options) =>
  ofEach(io, deps, options, async ({ storage, path }) => {
    const { bytes, lines = usualLines } = options;
    const range = bytes === undefined ? undefined : { startBytes: 0, endBytes: bytes };
    const stream = await storage.read(path, { signal: io.signal, range, verify: false });
    await toOutput(io, bytes === undefined ? firstLines(stream, lines) : stream);
  });

const firstPiece = 64 * 1024;

/** The last lines of a file: pieces from its end, each four times as long, until there are enough. */
async function lastLines(
  { storage, path }: Remote,
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
export const runDataTail: Run<typeof def.dataTailCommand> = (io, deps, options) =>
  ofEach(io, deps, options, async (file) => {
    const { bytes, lines = usualLines } = options;
    const { signal } = io;
    if (bytes === undefined) io.out(await lastLines(file, lines, signal));
    else if (bytes > 0) {
      const range = { startBytes: -bytes };
      await toOutput(io, await file.storage.read(file.path, { signal, range, verify: false }));
    }
  });
