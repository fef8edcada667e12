import type { CallOptions } from '../client/options.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { writeNode, writeTransfer } from './documents.js';
import { tryJob } from './jobs.js';
import { childPath, parentPath } from './paths.js';
import type { StorageService } from './service.js';
import type {
  MakeDirectoryOptions,
  PropertyChanges,
  PropertyOptions,
  RemoveOptions,
  StorageNode,
  Written,
} from './types.js';
import { eachOf, listFolder, walkTree } from './walking.js';

const xml = { 'content-type': 'text/xml; charset=utf-8' };
const concurrency = 16;

async function putNode(
  service: StorageService,
  node: Pick<StorageNode, 'kind' | 'path' | 'target'>,
  { signal, timeoutMs }: CallOptions,
): Promise<void> {
  const { path, kind } = node;
  const call = { signal, timeoutMs };
  const text = writeNode(await service.authority(call), node);
  const url = await service.nodeUrl(path, call);
  let tries = 0;
  const body = () => {
    tries += 1;
    return text;
  };
  try {
    const request = { method: 'PUT', url, headers: xml, accept: 'text/xml', body } as const;
    await service.request(path, { ...request, ...call });
  } catch (error) {
    // There at the second try: the answer to the first was lost.
    const isOurs = isSkahaError(error, 'storage.exists') && tries > 1;
    if (!isOurs || (await service.find(path, call))?.kind !== kind) throw error;
  }
}

/** Makes a folder; when the answer was lost, a folder that is there afterwards is taken for it. */
export async function makeFolder(
  service: StorageService,
  path: string,
  options: MakeDirectoryOptions,
): Promise<void> {
  const { parents = false, signal, timeoutMs } = options;
  const call = { signal, timeoutMs };
  try {
    if (path === '/') throw existing(path);
    await putNode(service, { path, kind: 'folder', target: undefined }, call);
  } catch (error) {
    if (isSkahaError(error, 'storage.not_found') && parents && path !== '/') {
      await makeFolder(service, parentPath(path), { ...call, parents });
      // Another one may have made it meanwhile.
      await makeFolder(service, path, { ...call, parents });
      return;
    }
    if (isSkahaError(error, 'storage.exists') && parents) {
      if (path === '/' || (await service.find(path, call))?.kind === 'folder') return;
    }
    throw error;
  }
}

const existing = (path: string): SkahaError =>
  new SkahaError('storage.exists', `${path} already exists.`, {
    id: path,
    hint: 'Choose another name.',
  });

/** Makes a link. */
export const makeLink = (
  service: StorageService,
  path: string,
  target: string,
  call: CallOptions,
): Promise<void> => putNode(service, { path, kind: 'link', target }, call);

/** Changes properties of an entry, and of what is below it. */
export async function setProperties(
  service: StorageService,
  path: string,
  changes: PropertyChanges,
  options: PropertyOptions,
): Promise<void> {
  const { recursive = false, signal, timeoutMs } = options;
  const call = { signal, timeoutMs };
  const node = await service.info(path, call);
  const isTree = recursive && node.kind === 'folder';
  const { properties: url } = isTree ? await service.offers(call) : {};
  if (url !== undefined) {
    const document = writeNode(await service.authority(call), node, changes);
    if (await tryJob(service, path, { url, document }, call)) return;
  }
  await change(service, node, changes, call);
  if (!isTree) return;
  const below = walkTree(service, path, { concurrency: 8, ...call });
  await eachOf(below, concurrency, signal, (one, own) =>
    change(service, one, changes, { signal: own, timeoutMs }),
  );
}

async function change(
  service: StorageService,
  node: StorageNode,
  changes: PropertyChanges,
  call: CallOptions,
): Promise<void> {
  const { path } = node;
  const text = writeNode(await service.authority(call), node, changes);
  await service.request(path, {
    method: 'POST',
    url: await service.nodeUrl(path, call),
    headers: xml,
    ...call,
    accept: 'text/xml',
    body: () => text,
    // Said twice it means the same.
    retry: 'always',
  });
}

/** Removes an entry. */
export async function removePath(
  service: StorageService,
  path: string,
  options: RemoveOptions,
): Promise<void> {
  const { recursive = false, only, signal, timeoutMs } = options;
  const call = { signal, timeoutMs };
  const node = await service.info(path, call);
  if (only === 'empty-folder' && node.kind !== 'folder')
    throw otherKind(path, 'is not a folder', "Remove it with 'skaha data rm'.");
  if (node.kind !== 'folder') return removeOne(service, path, call);
  if (only === 'leaf')
    throw otherKind(path, 'is a folder', "Remove it and everything in it with 'skaha data rm -r'.");
  if (recursive) return removeTree(service, path, call);
  for await (const child of listFolder(service, path, { pageSize: 2, ...call })) {
    throw new SkahaError('storage.not_empty', `${path} is not empty: ${child.name} is in it.`, {
      id: path,
      hint: "Remove it and everything in it with 'skaha data rm -r'.",
    });
  }
  return removeOne(service, path, call);
}

const otherKind = (path: string, what: string, hint: string): SkahaError =>
  new SkahaError('storage.wrong_kind', `${path} ${what}.`, { id: path, hint });

async function removeOne(service: StorageService, path: string, call: CallOptions): Promise<void> {
  const { signal, timeoutMs } = call;
  let tries = 0;
  const url = await service.nodeUrl(path, call);
  const body = () => {
    tries += 1;
    return undefined;
  };
  try {
    await service.request(path, { method: 'DELETE', url, accept: '*/*', body, signal, timeoutMs });
  } catch (error) {
    // Gone at the second try: the answer to the first was lost.
    if (isSkahaError(error, 'storage.not_found') && tries > 1) return;
    throw error;
  }
}

async function removeTree(service: StorageService, path: string, call: CallOptions): Promise<void> {
  const { remove } = await service.offers(call);
  if (remove !== undefined) {
    const target = await service.uri(path, call);
    const isRun = await tryJob(service, path, { url: remove, form: [['target', target]] }, call);
    if (isRun && (await service.find(path, call)) === undefined) return;
  }
  await emptyFolder(service, path, call);
  await removeOne(service, path, call);
}

/** Removes what is in a folder, leaves first; the service removes no folder that holds anything. */
async function emptyFolder(
  service: StorageService,
  path: string,
  call: CallOptions,
): Promise<void> {
  const { signal, timeoutMs } = call;
  const folders: string[] = [];
  // Taken whole before anything goes: a cursor to what is gone leads nowhere.
  const leaves: string[] = [];
  for await (const node of walkTree(service, path, { concurrency: 8, ...call })) {
    (node.kind === 'folder' ? folders : leaves).push(node.path);
  }
  const gone = async (one: string, own: AbortSignal) => {
    try {
      await removeOne(service, one, { signal: own, timeoutMs });
    } catch (error) {
      if (!isSkahaError(error, 'storage.not_found')) throw error;
    }
  };
  await eachOf(leaves, concurrency, signal, gone);
  const levels: string[][] = [];
  for (const folder of folders) {
    const level = levels[folder.split('/').length] ?? [];
    level.push(folder);
    levels[folder.split('/').length] = level;
  }
  for (const level of levels.reverse()) await eachOf(level ?? [], concurrency, signal, gone);
}

/** A move within the service. */
export interface Move {
  source: string;
  target: string;
  /** Copies one file, where the service moves nothing. */
  copy: (from: string, to: string) => Promise<Written>;
}

/** Moves an entry: the service does it, or else it is copied, compared and then removed. */
export async function movePath(
  service: StorageService,
  move: Move,
  options: CallOptions,
): Promise<void> {
  const { source, target } = move;
  const { signal, timeoutMs } = options;
  const call = { signal, timeoutMs };
  const node = await service.info(source, call);
  const { transfers } = await service.offers(call);
  if (transfers !== undefined) {
    const document = writeTransfer({
      target: await service.uri(source, call),
      direction: await service.uri(target, call),
    });
    try {
      if (await tryJob(service, source, { url: transfers, document }, call)) return;
    } catch (error) {
      if (await wasMoved(service, move, error, call)) return;
      throw error;
    }
  }
  if ((await service.find(target, call)) !== undefined) throw existing(target);
  await copyTree(service, node, move, call);
  await removePath(service, source, { recursive: true, ...call });
}

/** After a lost answer: whether the old name is gone and the new one is there. */
async function wasMoved(
  service: StorageService,
  { source, target }: Move,
  error: unknown,
  call: CallOptions,
): Promise<boolean> {
  if (!isSkahaError(error) || !/^(transport\.|server\.)/.test(error.code)) return false;
  const both = [service.find(source, call), service.find(target, call)] as const;
  const found = await Promise.all(both).catch(() => undefined);
  if (found !== undefined) {
    const [old, moved] = found;
    if (old === undefined && moved !== undefined) return true;
    if (old !== undefined && moved === undefined) return false;
  }
  throw new SkahaError('storage.uncertain', `It is not known whether ${source} was moved.`, {
    id: source,
    cause: error,
    hint: `See what is at ${source} and ${target}.`,
  });
}

async function copyTree(
  service: StorageService,
  node: StorageNode,
  { target, copy }: Move,
  call: CallOptions,
): Promise<void> {
  if (node.kind === 'link') return makeLink(service, target, node.target ?? '', call);
  if (node.kind === 'file') {
    await copy(node.path, target);
    return;
  }
  await makeFolder(service, target, call);
  for await (const child of listFolder(service, node.path, call)) {
    await copyTree(
      service,
      child,
      { source: child.path, target: childPath(target, child.name), copy },
      call,
    );
  }
}
