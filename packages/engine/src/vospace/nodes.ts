import { empty, type Reply, xml } from '@skaha/service/reply.js';
import type { Directory } from '../disk/directory.js';
import { type Access, identityOf } from './attributes.js';
import { readBody, type StorageCall } from './call.js';
import { asFault, shown, VospaceFault } from './fault.js';
import { getNode, viewOf } from './listing.js';
import { type NodeRequest, nodeDocument, readNode } from './node-document.js';
import { isSame, type Path, readPath, readUri } from './paths.js';
import { type AccessChange, type Changes, mergeOthers, readChanges } from './properties.js';
import { created } from './spaces.js';
import type { Entry, FolderPlace } from './tree.js';

/** `/nodes/PATH`: metadata of nodes, and creating, changing and deleting them. */
export async function nodesResource(call: StorageCall): Promise<Reply> {
  const path = readPath(call.rest);
  try {
    if (call.method === 'PUT') return await put(call, path);
    if (call.method === 'POST') return await post(call, path);
    if (call.method === 'DELETE') return await remove(call, path);
    return await getNode(call, path);
  } catch (error) {
    throw asFault(error, path) ?? error;
  }
}

async function put(call: StorageCall, path: Path): Promise<Reply> {
  const { store, caller } = call;
  const asked = await readNodeOf(call, path);
  if (path.length === 0) throw new VospaceFault('DuplicateNode', 'the root already exists');
  const place = await store.tree.resolve(path, caller, false);
  try {
    if (place.entry !== undefined) throw new VospaceFault('DuplicateNode', shown(place.path));
    if (path.length < 3) throw new VospaceFault('PermissionDenied', shown(path));
    store.tree.requireWrite(caller, place.folderAccess, path);
    const changes = readChanges(asked.properties);
    await make(call, place, asked);
    await place.folder.flush();
    const entry = await store.tree.look(place.folder, place.path, place.folderAccess);
    if (entry === undefined) throw new VospaceFault('NodeNotFound', `${shown(path)} is gone`);
    const base = created(place.folderAccess, caller.user ?? '');
    const reply = await change(call, place.folder, { ...entry, access: base }, changes);
    return { ...reply, status: 201 };
  } finally {
    place.folder.close();
  }
}

async function readNodeOf(call: StorageCall, path: Path): Promise<NodeRequest> {
  const asked = readNode(await readBody(call.request), call.authority);
  if (isSame(asked.path, path)) return asked;
  throw new VospaceFault('InvalidURI', 'the document is about a different node from the address');
}

async function make(
  { store, authority }: StorageCall,
  { folder, name, path }: FolderPlace,
  { kind, target }: NodeRequest,
): Promise<void> {
  const makeIn = async (at: Directory, as: string) => {
    if (kind === 'container') await at.make(as, 0o755);
    if (kind === 'data') await (await at.create(as, 0o644)).close();
    if (kind === 'link') {
      const leads = readUri(target ?? '', authority);
      await at.link(as, relative(path.slice(0, -1), leads));
    }
  };
  const ownership = store.ownershipIn(folder, path);
  if (ownership === undefined) return await makeIn(folder, name);
  await store.staging.with(
    async (at, as) => {
      await makeIn(at, as);
      await at.give(as, ownership.uid, ownership.gid);
    },
    async (at, as) => {
      if (kind === 'container') await at.move(as, folder, name);
      else await at.alias(as, folder, name);
    },
  );
}

/** Relative, so that it leads to the same place wherever the folders are mounted in a session. */
function relative(folder: Path, target: Path): string {
  let common = 0;
  while (common < folder.length && common < target.length && folder[common] === target[common]) {
    common += 1;
  }
  const words = [...folder.slice(common).map(() => '..'), ...target.slice(common)];
  return words.length === 0 ? '.' : words.join('/');
}

async function post(call: StorageCall, path: Path): Promise<Reply> {
  const { store, caller } = call;
  const asked = await readNodeOf(call, path);
  if (path.length < 2) throw new VospaceFault('PermissionDenied', shown(path));
  const { folder, entry } = await store.tree.entry(path, caller, false);
  try {
    if (entry.kind !== asked.kind) {
      throw new VospaceFault('InvalidArgument', 'the type of a node cannot change');
    }
    const changes = readChanges(asked.properties);
    requireChange(call, entry, changes.access);
    return await change(call, folder, entry, changes);
  } finally {
    folder.close();
  }
}

/** A locked node can still be unlocked. */
export function requireChange(
  { store, caller }: Pick<StorageCall, 'store' | 'caller'>,
  { access, path }: Entry,
  { locked }: AccessChange,
): void {
  const isUnlocking = locked === false;
  store.tree.requireWrite(caller, isUnlocking ? { ...access, locked: false } : access, path);
}

/** Stores changed attributes of a node. */
export function applyChanges(
  { store }: Pick<StorageCall, 'store'>,
  entry: Entry,
  { access, attributes, others }: Changes,
): Entry {
  const now: Access = { ...entry.access, ...access };
  const changed = {
    ...entry.attributes,
    ...attributes,
    access: now,
    others: mergeOthers(entry.attributes.others ?? {}, others),
  };
  store.attributes.setDurably(identityOf(entry.stats, entry.path), changed);
  return { ...entry, access: now, attributes: changed };
}

async function change(
  call: StorageCall,
  folder: Directory,
  entry: Entry,
  changes: Changes,
): Promise<Reply> {
  const view = await viewOf(call, applyChanges(call, entry, changes), folder);
  return xml(nodeDocument(view, { authority: call.authority, detail: 'max' }).join(''));
}

async function remove(call: StorageCall, path: Path): Promise<Reply> {
  const { store, caller } = call;
  if (path.length < 3) throw new VospaceFault('PermissionDenied', shown(path));
  const { folder, entry, folderAccess, name } = await store.tree.entry(path, caller, false);
  try {
    store.tree.requireWrite(caller, folderAccess, path);
    if (entry.access.locked) throw new VospaceFault('NodeLocked', shown(path));
    if (entry.kind === 'container') await folder.removeDirectory(name);
    else await folder.remove(name);
    await folder.flush();
    forget(store, entry);
    return empty(204);
  } finally {
    folder.close();
  }
}

/** Deletes the attributes of a removed node, and subtracts its size from the quota. */
export function forget(
  { attributes, quotas }: Pick<StorageCall['store'], 'attributes' | 'quotas'>,
  { kind, path, stats }: Entry,
): void {
  // The file still exists under another name.
  if (stats.nlink <= 1n || kind === 'container') attributes.remove(identityOf(stats, path));
  if (kind === 'data') quotas.count(path, -Number(stats.size));
}
