import { type FileHandle, open } from 'node:fs/promises';
import { parseRecord } from '@skaha/base/json.js';
import { systemCode } from '@skaha/base/system-code.js';
import type { Io } from '@skaha/terminal/io.js';
import { SkahaError } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import type { platformLogsCommand } from './definitions.js';
import { loadPlatform, selectedDirectory } from './module.js';

/** A line of the log for people: time, level, message. What is no entry stays as it is. */
export function readable(line: string): string {
  const { time, level, message } = parseRecord(line) ?? {};
  return typeof time === 'string' && typeof level === 'string' && typeof message === 'string'
    ? `${time} ${level.padEnd(5)} ${message}`
    : line;
}

const blockSize = 64 * 1024;
const newline = 0x0a;

/** Where the last lines of a file begin; found from its end, so that a long log costs little. */
async function tailStart(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let wanted = lines;
  const block = Buffer.alloc(blockSize);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockSize);
    await file.read(block, 0, end - start, start);
    for (let index = end - start - 1; index >= 0; index -= 1) {
      // The line end at the end of the file begins no line.
      if (block[index] !== newline || start + index === size - 1) continue;
      wanted -= 1;
      if (wanted <= 0) return start + index + 1;
    }
    end = start;
  }
  return 0;
}

/** Receives the bytes of the log as they are read. */
interface Sink {
  write(bytes: Buffer): void;
  /** Nothing more comes. */
  end(): void;
}

const unchanged = (io: Io): Sink => ({ write: (bytes) => io.out(bytes), end: () => undefined });

/** Shows whole lines in words; the beginning of one waits for its end. */
function inSentences(io: Io): Sink {
  let rest = Buffer.alloc(0);
  return {
    write: (bytes) => {
      const all = Buffer.concat([rest, bytes]);
      const end = all.lastIndexOf(newline);
      rest = Buffer.from(all.subarray(end + 1));
      if (end < 0) return;
      const lines = all.subarray(0, end).toString('utf8').split('\n');
      io.out(lines.map((line) => `${readable(line)}\n`).join(''));
    },
    end: () => {
      if (rest.length > 0) io.out(readable(rest.toString('utf8')));
    },
  };
}

async function copy(io: Io, sink: Sink, file: FileHandle, from: number): Promise<number> {
  let position = from;
  for (;;) {
    io.signal.throwIfAborted();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(blockSize), 0, blockSize, position);
    if (bytesRead === 0) return position;
    sink.write(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const missing = systemCode(cause) === 'ENOENT';
    throw new SkahaError(
      missing ? 'platform.not_running' : 'platform.storage',
      missing ? `There is no log at ${path}.` : `The log ${path} cannot be read.`,
      {
        cause,
        hint: "A log is kept only for a platform started with 'skaha platform start --detach'.",
      },
    );
  }
}

async function follow(
  io: Io,
  deps: Deps,
  sink: Sink,
  path: string,
  file: FileHandle,
  from: number,
) {
  let position = from;
  let current = file;
  try {
    for (;;) {
      await deps.clock.sleep(300, io.signal);
      const { ino, size } = await current.stat();
      const next = await open(path, 'r').catch(() => undefined);
      const replaced = next !== undefined && (await next.stat()).ino !== ino;
      if (next !== undefined && replaced) {
        await copy(io, sink, current, position);
        await current.close();
        current = next;
        position = 0;
      } else {
        await next?.close();
        if (size < position) position = 0;
      }
      position = await copy(io, sink, current, position);
    }
  } finally {
    if (current !== file) await current.close();
  }
}

export const runPlatformLogs: Run<typeof platformLogsCommand> = async (io, deps, options) => {
  const { platformLogFile } = await loadPlatform();
  const path = platformLogFile(await selectedDirectory(io, deps, options.data));
  const file = await openLog(path);
  try {
    const { size } = await file.stat();
    const start = options.tail === undefined ? 0 : await tailStart(file, size, options.tail);
    const sink: Sink = options.raw ? unchanged(io) : inSentences(io);
    const position = await copy(io, sink, file, start);
    if (options.follow) await follow(io, deps, sink, path, file, position);
    sink.end();
  } finally {
    await file.close();
  }
};
