import type { Directory } from '../disk/directory.js';
import type { StorageCall } from './call.js';
import { shown, VospaceFault } from './fault.js';
import { isBelow, isSame, type Path } from './paths.js';
import { sizeOf } from './quota.js';
import type { Entry, FolderPlace } from './tree.js';

/**
 * Moves a node atomically: to a new name, or into an existing folder.
 *
 * @throws {VospaceFault}
 */
export async function moveNode(
  call: Pick<StorageCall, 'store' | 'caller'>,
  from: Path,
  to: Path,
): Promise<void> {
  const { tree } = call.store;
  const source = await tree.entry(requireOwn(from), call.caller, false);
  try {
    tree.requireWrite(call.caller, source.folderAccess, from);
    if (source.entry.access.locked) throw new VospaceFault('NodeLocked', shown(from));
    const target = await destination(call, to, source.name);
    try {
      await moveTo(call, source, target);
    } finally {
      target.folder.close();
    }
  } finally {
    source.folder.close();
  }
}

/** Homes and projects themselves cannot be moved. */
function requireOwn(path: Path): Path {
  if (path.length < 3) throw new VospaceFault('PermissionDenied', shown(path));
  return path;
}

async function destination(
  { store, caller }: Pick<StorageCall, 'store' | 'caller'>,
  to: Path,
  name: string,
): Promise<FolderPlace> {
  const place = to.length < 2 ? undefined : await store.tree.resolve(to, caller, true);
  if (place === undefined) throw new VospaceFault('PermissionDenied', shown(to));
  if (place.entry?.kind !== 'container') return place;
  place.folder.close();
  return await store.tree.resolve([...place.path, name], caller, false);
}

async function moveTo(
  { store, caller }: Pick<StorageCall, 'store' | 'caller'>,
  source: FolderPlace & { entry: Entry },
  target: FolderPlace,
): Promise<void> {
  requireOwn(target.path);
  store.tree.requireWrite(caller, target.folderAccess, target.path);
  if (target.entry !== undefined) throw new VospaceFault('DuplicateNode', shown(target.path));
  if (isBelow(target.path, source.path) || isSame(target.path, source.path)) {
    throw new VospaceFault('InvalidArgument', 'a folder cannot be moved into itself');
  }
  const isOther = !isSame(source.path.slice(0, 2), target.path.slice(0, 2));
  const size = isOther ? await sizeToMove(source) : 0;
  const room = await store.quotas.reserve(target.path, size);
  let stays = 0;
  try {
    await source.folder.move(source.name, target.folder, target.name);
    await target.folder.flush();
    await source.folder.flush();
    stays = size;
    store.quotas.count(source.path, -size);
  } finally {
    room.settle(stays);
  }
}

async function sizeToMove({
  entry,
  folder,
  name,
}: FolderPlace & { entry: Entry }): Promise<number> {
  if (entry.kind === 'data') return Number(entry.stats.size);
  if (entry.kind !== 'container') return 0;
  const inner: Directory = await folder.enter(name);
  try {
    return await sizeOf(inner);
  } finally {
    inner.close();
  }
}
