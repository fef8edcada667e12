import type { Directory } from '../disk/directory.js';
import type { Access } from './attributes.js';
import type { StorageCall } from './call.js';
import { shown, VospaceFault } from './fault.js';
import type { Results } from './jobs.js';
import { applyChanges, forget, requireChange } from './nodes.js';
import type { Path } from './paths.js';
import type { Changes } from './properties.js';
import { wipe } from './staging.js';
import type { Entry, FolderPlace } from './tree.js';

/** Permissions are checked down to this depth; anything deeper is removed with its folder. */
const deepest = 48;

type Who = Pick<StorageCall, 'store' | 'caller'>;

/** Work on a node and everything in it. */
class Walk {
  done = 0;
  failed = 0;
  readonly who: Who;
  readonly signal: AbortSignal;

  constructor(who: Who, signal: AbortSignal) {
    this.who = who;
    this.signal = signal;
  }

  /** Runs `work` for every entry of a folder, and counts failures. */
  async each(
    folder: Directory,
    path: Path,
    folderAccess: Access,
    work: (entry: Entry) => Promise<void>,
  ): Promise<void> {
    for (const raw of await folder.names()) {
      this.signal.throwIfAborted();
      const here = [...path, raw.toString()];
      try {
        const entry = await this.who.store.tree.look(folder, here, folderAccess);
        if (entry !== undefined) await work(entry);
      } catch (error) {
        if (this.signal.aborted) throw error;
        this.failed += 1;
      }
    }
  }

  get results(): Results {
    const done = { successcount: `final:${this.done}` };
    // Clients of the real service treat any `errorcount`, even 0, as a failure.
    return this.failed === 0 ? done : { ...done, errorcount: `final:${this.failed}` };
  }
}

/**
 * Removes a node and everything in it, as far as the caller may. Links are not followed.
 *
 * @returns how many were removed, and how many were not
 * @throws {VospaceFault} if the caller may not remove the node itself
 */
export async function removeAll(who: Who, path: Path, signal: AbortSignal): Promise<Results> {
  if (path.length < 3) throw new VospaceFault('PermissionDenied', shown(path));
  const { tree, staging } = who.store;
  const place = await tree.entry(path, who.caller, false);
  const walk = new Walk(who, signal);
  try {
    tree.requireWrite(who.caller, place.folderAccess, path);
    await staging.withTrash((trash) => removeEntry(walk, place, trash));
  } finally {
    place.folder.close();
  }
  return walk.results;
}

async function removeEntry(
  walk: Walk,
  { folder, entry }: Pick<FolderPlace, 'folder'> & { entry: Entry },
  trash: Directory,
): Promise<void> {
  const { store, caller } = walk.who;
  const { path, access, kind } = entry;
  const name = path.at(-1) ?? '';
  if (access.locked) throw new VospaceFault('NodeLocked', shown(path));
  if (kind !== 'container') {
    await folder.remove(name);
  } else {
    store.tree.requireWrite(caller, access, path);
    if (path.length >= deepest) await wipe(folder, name, trash, path.length);
    else await removeContent(walk, folder, entry, trash);
  }
  forget(store, entry);
  walk.done += 1;
}

async function removeContent(
  walk: Walk,
  folder: Directory,
  { path, access }: Entry,
  trash: Directory,
): Promise<void> {
  const name = path.at(-1) ?? '';
  const inner = await folder.enter(name);
  const before = walk.failed;
  try {
    await walk.each(inner, path, access, async (entry) => {
      await removeEntry(walk, { folder: inner, entry }, trash);
    });
    // Also removes entries whose names cannot be listed.
    if (walk.failed === before) {
      for (const raw of await inner.names()) await wipe(inner, raw, trash, path.length);
    }
  } finally {
    inner.close();
  }
  await folder.removeDirectory(name);
}

/**
 * Changes the properties of a node and of everything in it, as far as the caller may.
 *
 * @returns how many were changed, and how many were not
 * @throws {VospaceFault} if the caller may not change the node itself
 */
export async function changeAll(
  who: Who,
  path: Path,
  changes: Changes,
  signal: AbortSignal,
): Promise<Results> {
  if (path.length < 2) throw new VospaceFault('PermissionDenied', shown(path));
  const place = await who.store.tree.entry(path, who.caller, false);
  try {
    const walk = new Walk(who, signal);
    await changeEntry(walk, place, changes);
    return walk.results;
  } finally {
    place.folder.close();
  }
}

async function changeEntry(
  walk: Walk,
  { folder, entry }: Pick<FolderPlace, 'folder'> & { entry: Entry },
  changes: Changes,
): Promise<void> {
  const { path, kind } = entry;
  if (kind === 'other') return;
  requireChange(walk.who, entry, changes.access);
  const changed = applyChanges(walk.who, entry, changes);
  walk.done += 1;
  if (kind !== 'container') return;
  if (path.length >= deepest) throw new VospaceFault('InvalidArgument', 'nested too deeply');
  const inner = await folder.enter(path.at(-1) ?? '');
  try {
    await walk.each(inner, path, changed.access, async (one) => {
      await changeEntry(walk, { folder: inner, entry: one }, changes);
    });
  } finally {
    inner.close();
  }
}
