import { confirm } from '@skaha/terminal/confirm.js';
import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { isSkahaError } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import { forEach, itemDocument, throwIfFailed } from '../../output/outcome.js';
import type * as def from './definitions.js';
import { isAboutPlace, nodeAt, type Remote, readOperand, typed, withStorages } from './places.js';

/** Does something to each place, reports what was done, and then what was not. */
async function act(
  io: Io,
  places: readonly Remote[],
  verb: { doing: string; done: string },
  work: (place: Remote) => Promise<void>,
): Promise<void> {
  const pathOf = ({ name, path }: Remote) => typed(name, path);
  const one = (place: Remote) => work(place).then(() => pathOf(place));
  const { done, failed } = await forEach(io, places, pathOf, one, isAboutPlace);
  await render(io, {
    data: [
      ...done.map((path) => itemDocument(verb.done, { path })),
      ...failed.map(({ item, error }) => itemDocument(verb.done, { path: item }, error)),
    ],
    table: () => done.map((path) => `${verb.done} ${plain(path)}\n`).join(''),
    names: () => done,
  });
  throwIfFailed({ done, failed }, verb.doing, 'path');
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

export const runDataMkdir: Run<typeof def.dataMkdirCommand> = (io, deps, { parents, paths }) =>
  withStorages(io, deps, async (storages) => {
    const places: Remote[] = [];
    for (const word of paths) places.push(await storages.remote(word));
    await act(io, places, { doing: 'make', done: 'made' }, ({ storage, path }) =>
      storage.makeDirectory(path, { parents, signal: io.signal }),
    );
  });

export const runDataRmdir: Run<typeof def.dataRmdirCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const places = await storages.places(paths);
    refuseRoots(places, 'removed');
    await act(io, places, { doing: 'remove', done: 'removed' }, ({ storage, path }) =>
      storage.remove(path, { only: 'empty-folder', signal: io.signal }),
    );
  });

type RmOptions = OptionsOf<typeof def.dataRmCommand>;

async function askedToRemove(io: Io, places: readonly Remote[], options: RmOptions) {
  const isRisky = options.recursive || places.length > options.paths.length;
  if (!isRisky) return true;
  const shown = places.slice(0, 3).map(({ text }) => plain(text));
  const more = places.length > shown.length ? ` and ${places.length - shown.length} more` : '';
  const what = options.recursive
    ? ` with all that is in ${places.length === 1 ? 'it' : 'them'}`
    : '';
  const question = `Remove ${count(places.length, 'path')}${what}: ${shown.join(', ')}${more}?`;
  return confirm(io, question, 'Nothing was removed.');
}

export const runDataRm: Run<typeof def.dataRmCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { missing, paths, recursive } = options;
    // Before any pattern is looked at: what is asked for must not be the root itself.
    const words = await Promise.all(paths.map((word) => storages.remote(word)));
    refuseRoots(words, 'removed');
    const places = await storages.places(paths);
    if (!(await askedToRemove(io, places, options))) return;
    const only = recursive ? undefined : 'leaf';
    await act(io, places, { doing: 'remove', done: 'removed' }, async ({ storage, path }) => {
      try {
        await storage.remove(path, { recursive, only, signal: io.signal });
      } catch (error) {
        if (!missing || !isSkahaError(error, 'storage.not_found')) throw error;
      }
    });
  });

export const runDataMv: Run<typeof def.dataMvCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const last = paths.at(-1);
    const others = paths.slice(0, -1);
    if (last === undefined || others.length === 0)
      throw usageError('The target is missing.', 'Give what to move, then where to.');
    if (paths.some((word) => readOperand(word).kind !== 'storage'))
      throw usageError(
        'Only files and folders of a storage service can be moved, and only within it.',
        "Copy to and from this machine with 'skaha data cp', then remove what was copied.",
      );
    const target = await storages.remote(last);
    const places = await storages.places(others);
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
  });

/** The folder that things go into; undefined when the target is the new name itself. */
async function folderOf(target: Remote, mustBe: boolean, io: Io): Promise<string | undefined> {
  const node = await nodeAt(target, io.signal);
  if (node?.kind === 'folder') return node.path === '/' ? '' : node.path;
  if (!mustBe) return undefined;
  throw usageError(
    `'${target.text}' is not an existing folder.`,
    "Create it first: 'skaha data mkdir -p'",
  );
}

export const runDataLn: Run<typeof def.dataLnCommand> = (io, deps, { link, target }) =>
  withStorages(io, deps, async (storages) => {
    const place = await storages.remote(link);
    const isAddress = /^[a-z]+:\/\//i.test(target);
    const to = isAddress ? undefined : await storages.remote(target);
    if (to !== undefined && to.name !== place.name)
      throw usageError('A link must point to something in its own storage service.');
    await act(io, [place], { doing: 'link', done: 'linked' }, ({ storage, path }) =>
      storage.link(path, to?.path ?? target, { signal: io.signal }),
    );
  });

type ChmodOptions = OptionsOf<typeof def.dataChmodCommand>;

function changesOf(options: ChmodOptions) {
  const { noGroups, read, write } = options;
  onlyOne({ '--public': options.public, '--private': options.private });
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

export const runDataChmod: Run<typeof def.dataChmodCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const changes = changesOf(options);
    const { paths, recursive } = options;
    const places = await storages.places(paths);
    await act(io, places, { doing: 'change', done: 'changed' }, ({ storage, path }) =>
      storage.setProperties(path, changes, { recursive, signal: io.signal }),
    );
  });
