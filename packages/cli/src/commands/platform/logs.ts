import { type FileHandle, open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { parseRecord } from '@skaha/base/json.js';
import { systemCode } from '@skaha/base/system-code.js';
import type { Io } from '@skaha/terminal/io.js';
import { tailStart } from '@skaha/terminal/output/prefixed-lines.js';
import { SkahaError } from 'skaha';
import type { Run } from '../../command.js';
import type { platformLogsCommand } from './definitions.js';
import { loadPlatform, selectedDirectory } from './module.js';

/** A line of the log for people: time, level, message. What is no entry stays as it is. */
function readable(line: string): string {
  const { time, level, message } = parseRecord(line) ?? {};
  return typeof time === 'string' && typeof level === 'string' && typeof message === 'string'
    ? `${time} ${level.padEnd(5)} ${message}`
    : line;
}

const blockSize = 64 * 1024;

/** Where the last lines begin; longer and longer pieces are read, so that a long log costs little. */
async function startOfLast(lines: number, file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  for (let length = blockSize; ; length *= 4) {
    const from = Math.max(0, size - length);
    const { buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const start = tailStart(buffer, lines);
    if (start > 0 || from === 0) return from + start;
  }
}

/** Receives the bytes of the log as they are read. */
interface Sink {
  write(bytes: Buffer): void;
  /** Nothing more comes. */
  end(): void;
}

const unchanged = (io: Io): Sink => ({ write: io.out, end: () => {} });

/** Shows whole lines in words; the beginning of one waits for its end. */
function inSentences(io: Io): Sink {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    write: (bytes) => {
      const lines = (rest + decoder.write(bytes)).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) io.out(lines.map((line) => `${readable(line)}\n`).join(''));
    },
    end: () => {
      rest += decoder.end();
      if (rest !== '') io.out(readable(rest));
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

export const runPlatformLogs: Run<typeof platformLogsCommand> = async (io, deps, options) => {
  const { platformLogFile } = await loadPlatform();
  const path = platformLogFile(await selectedDirectory(io, deps, options.data));
  const sink = options.raw ? unchanged(io) : inSentences(io);
  let file = await openLog(path);
  try {
    const start = options.tail === undefined ? 0 : await startOfLast(options.tail, file);
    let position = await copy(io, sink, file, start);
    while (options.follow) {
      await deps.clock.sleep(300, io.signal);
      const { ino, size } = await file.stat();
      const there = await stat(path).catch(() => undefined);
      if (there !== undefined && there.ino !== ino) {
        await copy(io, sink, file, position);
        const next = await openLog(path);
        await file.close();
        file = next;
        position = 0;
      } else if (size < position) position = 0;
      position = await copy(io, sink, file, position);
    }
    sink.end();
  } finally {
    await file.close();
  }
};
