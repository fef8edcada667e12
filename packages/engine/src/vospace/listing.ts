import { Readable } from 'node:stream';
import { type Reply, xml } from '@skaha/service/reply.js';
import type { Directory } from '../disk/directory.js';
import { parameter, type StorageCall, seeOther } from './call.js';
import { shown, VospaceFault } from './fault.js';
import { childXml, type Detail, type NodeView, nodeDocument } from './node-document.js';
import { encodePath, isSame, type Path, readUri, uriOf } from './paths.js';
import type { Entry } from './tree.js';

/** How many children are read in parallel and written at once. */
const batch = 128;

/** The parameters of a listing. */
interface Listing {
  readonly detail: Detail;
  /** Undefined for all children. */
  readonly limit: number | undefined;
  /** Name of the first child. */
  readonly from: string | undefined;
}

function readListing({ query, authority }: StorageCall, path: Path): Listing {
  for (const name of ['sort', 'order']) {
    if (parameter(query, name) !== undefined) {
      throw new VospaceFault(
        'OptionNotSupported',
        `${name}: children come in order of their names`,
      );
    }
  }
  const detail = parameter(query, 'detail') ?? 'max';
  if (detail !== 'min' && detail !== 'max' && detail !== 'properties') {
    throw new VospaceFault('InvalidArgument', `detail: ${detail}`);
  }
  const limit = parameter(query, 'limit');
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) {
    throw new VospaceFault('InvalidArgument', `limit: ${limit}`);
  }
  const uri = parameter(query, 'uri');
  const first = uri === undefined ? undefined : readUri(uri, authority);
  if (first !== undefined && !isSame(first.slice(0, -1), path)) {
    throw new VospaceFault('InvalidArgument', `uri: not a child of ${shown(path)}`);
  }
  return {
    detail,
    limit: limit === undefined ? undefined : Number(limit),
    from: first?.at(-1),
  };
}

/** `GET /nodes/PATH`: a node and, for a folder, its children, streamed as they are read. */
export async function getNode(call: StorageCall, path: Path): Promise<Reply> {
  const { store, query, root, caller } = call;
  const view = parameter(query, 'view');
  if (view === 'data') {
    return seeOther(`${root}/files${encodePath(path)}`);
  }
  if (view !== undefined) throw new VospaceFault('ViewNotSupported', view);
  const listing = readListing(call, path);
  const found = path.length === 0 ? await store.tree.root() : await locate(call, path);
  try {
    store.tree.requireRead(caller, found.entry.access, path);
    return await nodeReply(call, found, listing);
  } catch (error) {
    found.folder.close();
    throw error;
  }
}

/** A node with an open folder: the node itself, or the folder that contains it. */
interface Found {
  readonly entry: Entry;
  readonly folder: Directory;
}

async function locate({ store, caller }: StorageCall, path: Path): Promise<Found> {
  const place = await store.tree.entry(path, caller, false);
  if (place.entry.kind !== 'container') return place;
  try {
    const folder = await place.folder.enter(place.name);
    return { folder, entry: store.tree.describe(place.path, folder.stats, place.folderAccess) };
  } finally {
    place.folder.close();
  }
}

async function nodeReply(call: StorageCall, found: Found, listing: Listing): Promise<Reply> {
  const { entry, folder } = found;
  const form = { authority: call.authority, detail: listing.detail };
  const [open, close] = nodeDocument(await viewOf(call, entry, folder), form);
  if (entry.kind !== 'container' || listing.limit === 0 || call.method === 'HEAD') {
    folder.close();
    return xml(open + close);
  }
  const children = childrenOf(call, found, listing);
  async function* parts(): AsyncGenerator<string> {
    yield open;
    for await (const views of children) {
      yield views.map((view) => childXml(view, form)).join('');
    }
    yield close;
  }
  const stream = Readable.from(parts());
  // On `close`, not on `end`: a stream that nobody reads never ends.
  stream.once('close', () => folder.close());
  return { ...xml(''), content: { size: undefined, stream } };
}

async function* childrenOf(
  call: StorageCall,
  { entry, folder }: Found,
  { limit = Number.POSITIVE_INFINITY, from }: Listing,
): AsyncGenerator<NodeView[]> {
  const { store, caller } = call;
  const names = await store.names.of(entry.path, folder);
  let left = limit;
  for (let at = firstFrom(names, from); at < names.length && left > 0; at += batch) {
    const part = names.slice(at, at + batch);
    const entries = await Promise.all(
      part.map((name) => store.tree.look(folder, [...entry.path, name], entry.access)),
    );
    const there = entries.filter(
      (one): one is Entry =>
        one !== undefined &&
        one.kind !== 'other' &&
        // Callers do not see whose homes there are besides those that they may read.
        (entry.path.length !== 1 || store.spaces.mayRead(caller, one.access)),
    );
    const views = there.slice(0, left).map((one) => viewOf(call, one, folder));
    left -= views.length;
    yield await Promise.all(views);
  }
}

/** The position of a name in sorted names, or where it would be inserted. */
function firstFrom(names: readonly string[], from: string | undefined): number {
  if (from === undefined) return 0;
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a caller may see of a node. */
export async function viewOf(
  { store, caller, authority }: StorageCall,
  entry: Entry,
  folder: Directory,
): Promise<NodeView> {
  const { path, kind, access } = entry;
  const view = {
    entry,
    isReadable: store.spaces.mayRead(caller, access),
    isWritable: store.spaces.mayWrite(caller, access),
  };
  if (kind === 'link') {
    const target = await store.tree.targetOf(folder, path);
    return { ...view, target: targetText(target, authority) };
  }
  const quota = path.length === 2 && view.isReadable ? store.quotas.limit(path) : undefined;
  return quota === undefined ? view : { ...view, quota, used: await store.quotas.used(path) };
}

/** A target outside the storage is shown unchanged, and never followed. */
function targetText(
  target: { readonly text: string; readonly path: Path | undefined },
  authority: string,
): string {
  if (target.path !== undefined) return uriOf(authority, target.path);
  return `file://${encodePath(target.text.split('/').filter((name) => name !== ''))}`;
}
