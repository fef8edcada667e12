import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendOutput } from '@skaha/platform-local/container/output.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../../platform/tests/fixtures.js';

/** What an engine sends of pieces of output. */
const framed = (pieces: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    pieces.flatMap((piece, index) => {
      const header = Buffer.alloc(8);
      header[0] = 1 + (index % 2);
      header.writeUInt32BE(piece.length, 4);
      return [header, piece];
    }),
  );

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('output arrives whole, however it is cut and wherever the log was cut off', async () => {
  const log = join(temporaryDirectory(), 'log');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 30 }),
      fc.nat({ max: 400 }),
      async (pieces, size, kept) => {
        const whole = Buffer.concat(pieces);
        writeFileSync(log, whole.subarray(0, kept));
        await appendOutput(inChunks(framed(pieces), size), log);
        expect(readFileSync(log).equals(whole)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('an error that comes in place of frames is not taken for output', async () => {
  const log = join(temporaryDirectory(), 'log');
  writeFileSync(log, 'up\n');
  const bytes = Buffer.concat([
    framed([Buffer.from('up\n')]),
    Buffer.from('{"message":"container has already been removed","response":500}'),
  ]);
  await expect(appendOutput(inChunks(bytes, 11), log)).rejects.toThrow('does not tell the output');
  expect(readFileSync(log, 'utf8')).toBe('up\n');
});
