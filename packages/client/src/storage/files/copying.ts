import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { CallOptions } from '../../client/options.js';
import { SkahaError } from '../../errors/index.js';
import { fileChunks } from '../content.js';
import { serviceOf } from '../service.js';
import { DiskTree, diskError } from './disk.js';
import { download } from './download.js';
import { StorageTree } from './remote.js';
import type { TransferOptions, Tree, TreeEntry } from './types.js';

/** A file that was copied. */
export interface Copied {
  sizeBytes: number;
  md5: string;
  verified: 'checksum' | 'size';
}

/** One copy, and how it is done. */
export interface CopyOptions extends CallOptions, Pick<TransferOptions, 'resume' | 'verify'> {
  onProgress?: ((bytes: number) => void) | undefined;
}

/** Up to this many bytes a file is read without a thread, as with downloads. */
const small = 256 * 1024;

async function* chunksOf(place: string, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
  if (sizeBytes <= small) {
    yield onDisk(place, () => readFileSync(place));
    return;
  }
  const stream = createReadStream(place, { highWaterMark: 512 * 1024 });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw diskError(place, cause);
  } finally {
    stream.destroy();
  }
}

function onDisk<Result>(place: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw diskError(place, cause);
  }
}

async function upload(
  from: DiskTree,
  to: StorageTree,
  { path }: TreeEntry,
  options: CopyOptions,
): Promise<Copied> {
  const place = from.place(path);
  const look = () => onDisk(place, () => statSync(place));
  const before = look();
  const { signal, timeoutMs, onProgress } = options;
  const written = await to.storage.write(to.place(path), () => chunksOf(place, before.size), {
    sizeBytes: before.size,
    signal,
    timeoutMs,
    onProgress,
  });
  const after = look();
  if (after.mtimeMs === before.mtimeMs && after.size === before.size) return written;
  throw new SkahaError('storage.local', `${place} changed while it was sent.`, {
    id: path,
    hint: 'Send it again when nothing is writing to it.',
  });
}

async function relay(
  from: StorageTree,
  to: StorageTree,
  entry: TreeEntry,
  options: CopyOptions,
): Promise<Copied> {
  const { signal, timeoutMs, onProgress, verify = true } = options;
  const service = serviceOf(from.storage);
  const { path, sizeBytes, md5 } = entry;
  const chunks = () =>
    fileChunks(service, from.place(path), {
      signal,
      timeoutMs,
      hasher: service.createMd5(),
      expected: { sizeBytes, md5: verify ? md5 : undefined },
    });
  return to.storage.write(to.place(path), chunks, { sizeBytes, signal, timeoutMs, onProgress });
}

/**
 * Copies one file from one tree to another.
 *
 * @param from - where it is
 * @param to - where it is put, at the same path; the folder is there
 * @param entry - what it is known to be
 * @param options - resuming, comparing, progress, signal
 */
export async function copyEntry(
  from: Tree,
  to: Tree,
  entry: TreeEntry,
  options: CopyOptions,
): Promise<Copied> {
  if (from instanceof StorageTree) {
    if (to instanceof StorageTree) return relay(from, to, entry, options);
    if (to instanceof DiskTree) {
      const target = await to.target(entry.path);
      return download(from.storage, [from.place(entry.path), target], entry, options);
    }
  } else if (from instanceof DiskTree && to instanceof StorageTree) {
    return upload(from, to, entry, options);
  }
  throw new SkahaError(
    'storage.unsupported',
    'Files can only be copied to or from a storage service.',
    {
      hint: "Use 'cp' for files on this machine.",
    },
  );
}
