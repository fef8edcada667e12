import { Readable } from 'node:stream';
import type { LogRange, RunLog } from '@skaha/engine/ports/logs.js';
import { fileSize, openPlain } from '@skaha/service/held.js';

/**
 * A log that is a file, as long as it is now; an empty one where there is none.
 *
 * @param path - of the file, which a session may have changed
 */
export async function fileLog(path: string): Promise<RunLog> {
  const size = await fileSize(path);
  return {
    size,
    stream: (range) => Readable.from(bytesOf(path, size, range), { objectMode: false }),
  };
}

async function* bytesOf(
  path: string,
  size: number,
  { start, end = size }: LogRange = { start: 0 },
): AsyncGenerator<Buffer, void> {
  // A stream takes the last byte that is wanted, and has no way to want none.
  if (end <= start) return;
  const file = await openPlain(path);
  yield* file.createReadStream({ start, end: end - 1 });
}
