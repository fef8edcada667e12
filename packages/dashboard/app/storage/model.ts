import { isSkahaError } from 'skaha';
import { Storage, type StorageNode } from 'skaha/storage';
import { client } from '../api.js';
import { blockBytes, type Header, readHeader } from './fits.js';

const open = new Map<string, Storage>();

/** The storage service at a path of this origin. */
export function storageAt(path: string): Storage {
  const known = open.get(path);
  if (known !== undefined) return known;
  const made = new Storage(client, { url: location.origin + path });
  open.set(path, made);
  return made;
}

/** Names of the services, as people say them. */
export const serviceName = (path: string): string => path.replace(/^\/storage\//, '');

/** Who the user is on the platform, which the name of the home folder follows from. */
let name: string | undefined;

/** Where the files of the user are, as platforms usually have them; the top where that is not known. */
export async function homeFolder(): Promise<string> {
  try {
    name ??= (await client.request({ method: 'GET', path: ['context'] })).header(
      'x-vo-authenticated',
    );
  } catch (error) {
    // A platform that answers, but not with this, has files for all that.
    if (!isSkahaError(error) || error.status === undefined) throw error;
  }
  return name === undefined ? '/' : `/home/${name}`;
}

/** How much of a file is looked at for a preview. */
const textBytes = 128 * 1024;
const imageBytes = 32 * 2 ** 20;
const mostHeaders = 64;

/** What a file shows of itself. */
export type Preview =
  | { type: 'fits'; headers: readonly Header[]; isWhole: boolean }
  | { type: 'image'; blob: Blob }
  | { type: 'text'; text: string; isWhole: boolean }
  | { type: 'none' };

const images: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  avif: 'image/avif',
};

const endingOf = (file: string): string => /\.([A-Za-z0-9]+)$/.exec(file)?.[1]?.toLowerCase() ?? '';

async function part(
  storage: Storage,
  { path }: StorageNode,
  startBytes: number,
  endBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const stream = await storage.read(path, { range: { startBytes, endBytes }, signal });
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** The headers of a FITS file, one after another; the data between them are not fetched. */
async function headersOf(
  storage: Storage,
  node: StorageNode,
  signal: AbortSignal,
): Promise<Preview> {
  const size = node.sizeBytes ?? 0;
  const headers: Header[] = [];
  for (let start = 0; start < size && headers.length < mostHeaders; ) {
    let header: Header | undefined;
    // Most headers are short; one that is not is asked for again, in larger pieces.
    for (
      let length = 8 * blockBytes;
      header === undefined && length <= 4096 * blockBytes;
      length *= 8
    ) {
      const end = Math.min(size, start + length);
      header = readHeader(await part(storage, node, start, end, signal), 0);
      if (end === size) break;
    }
    if (header === undefined) break;
    headers.push(header);
    start += header.headerBytes + header.dataBytes;
  }
  const last = headers.length === mostHeaders;
  return headers.length === 0 ? { type: 'none' } : { type: 'fits', headers, isWhole: !last };
}

/** Looks into a file, as far as is needed to show something of it. */
export async function previewOf(
  storage: Storage,
  node: StorageNode,
  signal: AbortSignal,
): Promise<Preview> {
  const size = node.sizeBytes ?? 0;
  const ending = endingOf(node.name);
  if (size === 0) return { type: 'text', text: '', isWhole: true };
  if (/^(?:fits|fit|fts|fz)$/.test(ending)) return headersOf(storage, node, signal);
  const kind = images[ending];
  if (kind !== undefined && size <= imageBytes) {
    const bytes = await part(storage, node, 0, size, signal);
    return { type: 'image', blob: new Blob([bytes.slice()], { type: kind }) };
  }
  const bytes = await part(storage, node, 0, Math.min(size, textBytes), signal);
  if (bytes.includes(0)) {
    return readHeader(bytes, 0) === undefined ? { type: 'none' } : headersOf(storage, node, signal);
  }
  return { type: 'text', text: new TextDecoder().decode(bytes), isWhole: size <= textBytes };
}

/** A file as a whole; the browser keeps it on disk when it is large. */
export async function wholeFile(service: string, { path }: StorageNode): Promise<Blob> {
  const stream = await storageAt(service).read(path);
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
}

/** Folders first, then by name, numbers by their value. */
const byName = new Intl.Collator(undefined, { numeric: true }).compare;
export const inOrder = (a: StorageNode, b: StorageNode): number =>
  Number(b.kind === 'folder') - Number(a.kind === 'folder') || byName(a.name, b.name);
