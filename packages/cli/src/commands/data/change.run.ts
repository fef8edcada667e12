import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type FailedItem, isSkahaError } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { throwIfFailed } from '../session/select.js';
import {
  expanded,
  type Remote,
  readOperand,
  type Storages,
  typed,
  withStorages,
} from './operands.js';

/** What was done to one place. */
interface Done {
  path: string;
  action: string;
}

/** Does something to each place, tells what was done, and then what was not. */
async function act(
  io: Io,
  places: readonly Remote[],
  verb: { doing: string; done: string },
  work: (place: Remote) => Promise<void>,
): Promise<void> {
  const done: Done[] = [];
  const failed: FailedItem[] = [];
  for (const [index, place] of places.entries()) {
    const path = typed(place.name, place.path);
    try {
      await work(place);
      done.push({ path, action: verb.done });
    } catch (error) {
      const isOwn = isSkahaError(error) && /^(storage|request)\./.test(error.code);
      if (!isOwn || error.code === 'request.aborted') throw error;
      failed.push({ index, item: path, error });
    }
  }
  const documents = [
    ...done.map(({ path, action }) => ({ path, ok: true, action, error: null })),
    ...failed.map(({ item, error }) => ({
      ...{ path: item, ok: false, action: verb.done, error: error.toJSON() },
    })),
  ];
  await render(io, {
    data: documents,
    table: () => done.map(({ path, action }) => `${action} ${plain(path)}\n`).join(''),
    names: () => done.map(({ path }) => path),
  });
  throwIfFailed({ done, failed }, verb.doing, 'path');
}

async function placesOf(io: Io, storages: Storages, words: readonly string[]): Promise<Remote[]> {
  const places: Remote[] = [];
  for (const word of words)
    places.push(...(await expanded(await storages.remote(word), io.signal)));
  return places;
}

const isRoot = ({ path }: Remote): boolean => path.split('/').every((name) => name === '');

/** A slip of the finger must not empty a whole storage. */
function refuseRoots(places: readonly Remote[], what: string): void {
  const root = places.find(isRoot);
  const climbing = places.find(({ path }) => /(?:^|\/)\.\.?(?:\/|$)/.test(path));
  if (root === undefined && climbing === undefined) return;
  throw usageError(
    root === undefined
      ? `'${climbing?.text}' contains '.' or '..', so it cannot be ${what}.`
      : `The root of ${root.name} cannot be ${what}.`,
    'Specify what is in it.',
  );
}

export interface MkdirOptions {
  paths: readonly string[];
  parents: boolean;
}

/** Makes folders. */
export const runMkdir: Run<MkdirOptions> = (io, deps, { parents, paths }) =>
  withStorages(io, deps, async (storages) => {
    const places: Remote[] = [];
    for (const word of paths) places.push(await storages.remote(word));
    await act(io, places, { doing: 'make', done: 'made' }, ({ storage, path }) =>
      storage.makeDirectory(path, { parents, signal: io.signal }),
    );
    return undefined;
  });

export interface RmdirOptions {
  paths: readonly string[];
}

/** Removes empty folders. */
export const runRmdir: Run<RmdirOptions> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const places = await placesOf(io, storages, paths);
    refuseRoots(places, 'removed');
    await act(io, places, { doing: 'remove', done: 'removed' }, ({ storage, path }) =>
      storage.remove(path, { only: 'empty-folder', signal: io.signal }),
    );
    return undefined;
  });

export interface RmOptions {
  paths: readonly string[];
  recursive: boolean;
  missing: boolean;
}

async function askedToRemove(io: Io, places: readonly Remote[], options: RmOptions) {
  const isRisky = options.recursive || places.length > options.paths.length;
  if (!isRisky) return true;
  const shown = places.slice(0, 3).map(({ text }) => plain(text));
  const more = places.length > shown.length ? ` and ${places.length - shown.length} more` : '';
  const what = options.recursive
    ? ` with all that is in ${places.length === 1 ? 'it' : 'them'}`
    : '';
  return confirm(io, `Remove ${count(places.length, 'path')}${what}: ${shown.join(', ')}${more}?`);
}

/** Removes files, links, and folders with what is in them. */
export const runRm: Run<RmOptions> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { missing, paths, recursive } = options;
    // Before any pattern is looked at: what is asked for must not be the root itself.
    const words = await Promise.all(paths.map((word) => storages.remote(word)));
    refuseRoots(words, 'removed');
    const places = await placesOf(io, storages, paths);
    if (!(await askedToRemove(io, places, options))) {
      note(io, 'Nothing was removed.');
      return undefined;
    }
    const only = recursive ? undefined : 'leaf';
    await act(io, places, { doing: 'remove', done: 'removed' }, async ({ storage, path }) => {
      try {
        await storage.remove(path, { recursive, only, signal: io.signal });
      } catch (error) {
        if (!missing || !isSkahaError(error, 'storage.not_found')) throw error;
      }
    });
    return undefined;
  });

export interface MvOptions {
  paths: readonly string[];
}

/** Moves entries within one storage service. */
export const runMv: Run<MvOptions> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const [last, ...others] = paths.toReversed();
    if (last === undefined || others.length === 0)
      throw usageError('The target is missing.', 'Give what to move, then where to.');
    if (paths.some((word) => readOperand(word).kind !== 'storage'))
      throw usageError(
        'Only files and folders of a storage service can be moved, and only within it.',
        "Copy to and from this machine with 'skaha data cp', then remove what was copied.",
      );
    const target = await storages.remote(last);
    const places = await placesOf(io, storages, others.toReversed());
    refuseRoots(places, 'moved');
    const other = places.find(({ name }) => name !== target.name);
    if (other !== undefined)
      throw usageError(
        `'${other.text}' is in another storage service than '${target.text}'.`,
        "Copy it with 'skaha data cp -r', compare both with 'skaha data verify', then remove the original.",
      );
    const folder = await folderOf(target, places.length > 1 || last.endsWith('/'), io);
    await act(io, places, { doing: 'move', done: 'moved' }, ({ storage, path }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const to = folder === undefined ? target.path : `${folder}/${name}`;
      return storage.move(path, to, { signal: io.signal });
    });
    return undefined;
  });

/** The folder that things go into; undefined when the target is the new name itself. */
async function folderOf(
  { storage, path, text }: Remote,
  mustBe: boolean,
  io: Io,
): Promise<string | undefined> {
  const node = await storage.info(path, { signal: io.signal }).catch((error: unknown) => {
    if (isSkahaError(error, 'storage.not_found')) return undefined;
    throw error;
  });
  if (node?.kind === 'folder') return node.path === '/' ? '' : node.path;
  if (!mustBe) return undefined;
  throw usageError(
    `'${text}' is not an existing folder.`,
    "Create it first: 'skaha data mkdir -p'",
  );
}

export interface LnOptions {
  target: string;
  link: string;
}

/** Makes a link. */
export const runLn: Run<LnOptions> = (io, deps, { link, target }) =>
  withStorages(io, deps, async (storages) => {
    const place = await storages.remote(link);
    const isAddress = /^[a-z]+:\/\//i.test(target);
    const to = isAddress ? undefined : await storages.remote(target);
    if (to !== undefined && to.name !== place.name)
      throw usageError('A link must point to something in its own storage service.');
    await act(io, [place], { doing: 'link', done: 'linked' }, ({ storage, path }) =>
      storage.link(path, to?.path ?? target, { signal: io.signal }),
    );
    return undefined;
  });

export interface ChmodOptions {
  paths: readonly string[];
  public: boolean;
  private: boolean;
  read: readonly string[];
  write: readonly string[];
  noGroups: boolean;
  recursive: boolean;
}

function changesOf(options: ChmodOptions) {
  const { noGroups, read, write } = options;
  if (options.public && options.private)
    throw usageError('--public and --private cannot be used together.');
  if (noGroups && read.length + write.length > 0)
    throw usageError('--no-groups cannot be used together with --read or --write.');
  const changes = {
    isPublic: options.public ? true : options.private ? false : undefined,
    groupsRead: noGroups ? [] : read.length > 0 ? read : undefined,
    groupsWrite: noGroups ? [] : write.length > 0 ? write : undefined,
  };
  if (Object.values(changes).every((value) => value === undefined))
    throw usageError(
      'Nothing to change was given.',
      'Give --public, --private, --read GROUP, --write GROUP or --no-groups.',
    );
  return changes;
}

/** Changes who may read and write. */
export const runChmod: Run<ChmodOptions> = (io: Io, deps: Deps, options: ChmodOptions) =>
  withStorages(io, deps, async (storages) => {
    const changes = changesOf(options);
    const { paths, recursive } = options;
    const places = await placesOf(io, storages, paths);
    await act(io, places, { doing: 'change', done: 'changed' }, ({ storage, path }) =>
      storage.setProperties(path, changes, { recursive, signal: io.signal }),
    );
    return undefined;
  });
