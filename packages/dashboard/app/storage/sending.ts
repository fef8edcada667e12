import { signal } from '@preact/signals';
import { isSkahaError } from 'skaha';
import type { Storage } from 'skaha/storage';
import { problemOf } from '../api.js';
import { bytes } from '../format.js';
import { type Outcome, say } from '../notices.js';
import { t } from '../text.js';
import { storageAt } from './model.js';

/** A file that was chosen or dropped, and where it goes below the folder that is shown. */
export interface Arrival {
  /** For example `night1/dark.fits`. */
  readonly path: string;
  readonly file: File;
}

/** What is uploaded now. */
export const uploading = signal<{ done: number; all: number; share: number } | undefined>(
  undefined,
);

/** A user who leaves in the middle is asked to confirm it. */
addEventListener('beforeunload', (event) => {
  if (uploading.value !== undefined) event.preventDefault();
});

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A folder lists its entries a hundred at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

async function arrivalsIn(entry: FileSystemEntry, above: string): Promise<Arrival[]> {
  const path = above + entry.name;
  if (isFile(entry)) return [{ path, file: await fileOf(entry) }];
  if (!isFolder(entry)) return [];
  const inner: Arrival[] = [];
  for (const one of await entriesOf(entry)) inner.push(...(await arrivalsIn(one, `${path}/`)));
  return inner;
}

/** Files that were chosen, as they are. */
export const chosenFiles = (files: Iterable<File>): Arrival[] =>
  [...files].map((file) => ({ path: file.name, file }));

/** What was dropped, with all that is in folders. It must be called while the drop is handled. */
export function droppedFiles({ items, files }: DataTransfer): Promise<Arrival[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  // What a script put there has no place on a disk.
  if (entries.includes(null)) return Promise.resolve(chosenFiles(files));
  return Promise.all(entries.map((entry) => (entry === null ? [] : arrivalsIn(entry, '')))).then(
    (all) => all.flat(),
  );
}

/** What is left of a quota, in bytes; endless where nobody says. */
async function roomIn(storage: Storage, folder: string): Promise<number> {
  try {
    const quota = await storage.quota(folder);
    const used = quota?.usedBytes;
    return quota === undefined || used === undefined ? Infinity : quota.quotaBytes - used;
  } catch {
    // Writing gives the better error.
    return Infinity;
  }
}

/** What stands above the files, for example `folder`. */
const top = (path: string): string => path.split('/')[0] ?? path;

interface Upload {
  readonly service: string;
  readonly folder: string;
  /** Bytes of what is there already, by name. */
  readonly taken: ReadonlyMap<string, number>;
  /** Whether what is there already may be replaced. */
  readonly mayReplace: (name: string) => Promise<boolean>;
}

/** Asks about each name that is taken, once, and gives what is to be sent. */
async function chosenArrivals(arrivals: readonly Arrival[], { taken, mayReplace }: Upload) {
  const answers = new Map<string, boolean>();
  const kept: Arrival[] = [];
  for (const arrival of arrivals) {
    const name = top(arrival.path);
    const answer = answers.get(name) ?? (!taken.has(name) || (await mayReplace(name)));
    answers.set(name, answer);
    if (answer) kept.push(arrival);
  }
  return kept;
}

async function sendOne(storage: Storage, path: string, { file }: Arrival): Promise<void> {
  const onProgress = (sent: number) => {
    const { value } = uploading;
    if (value === undefined) return;
    uploading.value = { ...value, share: file.size === 0 ? 1 : sent / file.size };
  };
  const contentType = file.type === '' ? {} : { contentType: file.type };
  await storage.write(path, file, { onProgress, parents: true, ...contentType });
}

function announce(outcomes: readonly Outcome[], skipped: number): void {
  const done = outcomes.filter(({ ok }) => ok).length;
  if (done === outcomes.length) {
    const text = done === 0 && skipped > 0 ? t.storage.left : t.storage.uploaded(done);
    say({ tone: 'good', text });
    return;
  }
  const failed = outcomes.filter(({ ok }) => !ok).slice(0, 50);
  const text = t.storage.uploadedOf(done, outcomes.length);
  say({ tone: 'bad', text, items: failed }, Number.POSITIVE_INFINITY);
}

/**
 * Uploads files one after another; one that is there already is asked about, and one that fails does
 * not keep the others from being sent.
 */
export async function upload(arrivals: readonly Arrival[], place: Upload): Promise<void> {
  const storage = storageAt(place.service);
  const base = place.folder === '/' ? '' : place.folder;
  const all = await chosenArrivals(arrivals, place);
  const outcomes: Outcome[] = [];
  let room = await roomIn(storage, place.folder);
  for (const arrival of all) {
    const { path, file } = arrival;
    uploading.value = { done: outcomes.length, all: all.length, share: 0 };
    const needed = file.size - (place.taken.get(path) ?? 0);
    try {
      if (needed > room)
        throw new Error(t.storage.noRoom(bytes(file.size), bytes(Math.max(0, room))));
      await sendOne(storage, `${base}/${path}`, arrival);
      room -= needed;
      outcomes.push({ label: path, ok: true, words: '' });
    } catch (error) {
      const { message, hint } = problemOf(error);
      const words = isSkahaError(error) && hint !== undefined ? `${message} ${hint}` : message;
      outcomes.push({ label: path, ok: false, words });
    }
  }
  uploading.value = undefined;
  announce(outcomes, arrivals.length - all.length);
}
