import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { EngineError } from './engine-error.js';

const headerLength = 8;

/**
 * Takes the output of a container out of an engine's frames: eight bytes that say which stream and
 * how many bytes follow, then those bytes (Docker Engine API, attach).
 *
 * @param frames - as they come, cut anywhere
 * @param skip - how many bytes of output to leave out at the beginning
 */
export async function* outputOf(
  frames: AsyncIterable<Buffer>,
  skip: number,
): AsyncGenerator<Buffer, void> {
  let header = Buffer.alloc(0);
  let left = 0;
  let unwanted = skip;
  for await (const chunk of frames) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headerLength - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < headerLength) break;
        // Podman puts an error of its own where frames should be.
        if (header.readUInt32BE(0) & 0xfcffffff) {
          throw new EngineError('it does not tell the output', { status: 500 });
        }
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      const dropped = Math.min(unwanted, part.length);
      unwanted -= dropped;
      if (dropped < part.length) yield part.subarray(dropped);
    }
  }
}

/**
 * Appends to a log what it does not have yet of a container's output. The engine tells it from the
 * beginning each time and always the same, so the length of the log says where to go on: nothing
 * is lost or doubled, whenever a copy was cut off.
 */
export async function appendOutput(frames: AsyncIterable<Buffer>, log: string): Promise<void> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  const file = createWriteStream(log, { flags: 'a', mode: 0o600 });
  await pipeline(outputOf(frames, size), file);
}
