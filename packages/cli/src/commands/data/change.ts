import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { onlyOne, type UsageError, usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaError } from 'skaha';
import { type Comparison, compareTrees, type Difference } from 'skaha/storage/files';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { forEach, itemDocument, throwIfFailed } from '../../output/outcome.js';
import { copyAll } from './copying.js';
import {
  below,
  diskEnd,
  type End,
  expanded,
  isAboutPlace,
  placesOf,
  type Remote,
  readOperand,
  remoteEnd,
  type Storages,
  typed,
  withStorages,
} from './operands.js';
import { toOutput } from './reading.run.js';
import { bytesText } from './view.js';
import type * as def from './writing.js';

/** Does something to each place, tells what was done, and then what was not. */
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

export const runMkdir: Run<typeof def.mkdirCommand> = (io, deps, { parents, paths }) =>
  withStorages(io, deps, async (storages) => {
    const places: Remote[] = [];
    for (const word of paths) places.push(await storages.remote(word));
    await act(io, places, { doing: 'make', done: 'made' }, ({ storage, path }) =>
      storage.makeDirectory(path, { parents, signal: io.signal }),
    );
  });

export const runRmdir: Run<typeof def.rmdirCommand> = (io, deps, { paths }) =>
  withStorages(io, deps, async (storages) => {
    const places = await placesOf(io, storages, paths);
    refuseRoots(places, 'removed');
    await act(io, places, { doing: 'remove', done: 'removed' }, ({ storage, path }) =>
      storage.remove(path, { only: 'empty-folder', signal: io.signal }),
    );
  });

export type RmOptions = OptionsOf<typeof def.rmCommand>;

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

export const runRm: Run<typeof def.rmCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { missing, paths, recursive } = options;
    // Before any pattern is looked at: what is asked for must not be the root itself.
    const words = await Promise.all(paths.map((word) => storages.remote(word)));
    refuseRoots(words, 'removed');
    const places = await placesOf(io, storages, paths);
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

export const runMv: Run<typeof def.mvCommand> = (io, deps, { paths }) =>
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

export const runLn: Run<typeof def.lnCommand> = (io, deps, { link, target }) =>
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

export type ChmodOptions = OptionsOf<typeof def.chmodCommand>;

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

export const runChmod: Run<typeof def.chmodCommand> = (io: Io, deps: Deps, options: ChmodOptions) =>
  withStorages(io, deps, async (storages) => {
    const changes = changesOf(options);
    const { paths, recursive } = options;
    const places = await placesOf(io, storages, paths);
    await act(io, places, { doing: 'change', done: 'changed' }, ({ storage, path }) =>
      storage.setProperties(path, changes, { recursive, signal: io.signal }),
    );
  });

async function endOf(io: Io, storages: Storages, word: string): Promise<End[]> {
  const operand = readOperand(word);
  if (operand.kind === 'storage')
    return (await expanded(await storages.remote(word), io.signal)).map(remoteEnd);
  if (operand.kind === 'disk') return [diskEnd(operand.path)];
  throw usageError("'-' stands for a single file.", 'Give one source and one target.');
}

const kindAt = async (end: End, signal: AbortSignal) =>
  (await end.place.tree.top({ signal }))?.kind;

const linkPolicy = (word: string) => (word === 'follow' ? 'follow' : 'skip');

function sourcesAndTarget(paths: readonly string[]): [sources: readonly string[], target: string] {
  const target = paths.at(-1);
  if (target === undefined || paths.length < 2)
    throw usageError('The target is missing.', 'Give what to copy, then where to.');
  return [paths.slice(0, -1), target];
}

export const runCp: Run<typeof def.cpCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const [sources, target] = sourcesAndTarget(options.paths);
    if (sources.includes('-') || target === '-') return pipe(io, storages, sources, target);
    const to = readOperand(target);
    const end =
      to.kind === 'storage'
        ? remoteEnd(await storages.remote(target))
        : diskEnd(to.kind === 'disk' ? to.path : target);
    const ends: End[] = [];
    for (const word of sources) ends.push(...(await endOf(io, storages, word)));
    if (end.storage === undefined && ends.some(({ storage }) => storage === undefined))
      throw usageError(
        'Both are on this machine.',
        'Write the one in a storage service like arc:/home/me/data',
      );
    const pairs = await paired(io, ends, end, { target, isRecursive: options.recursive });
    await copyAll(io, deps, pairs, {
      links: linkPolicy(options.links),
      keepExisting: options.keep,
      verify: !options.noVerify,
      concurrency: options.jobs,
      progress: options.progress,
    });
    return undefined;
  });

const noFolder = ({ text, storage }: End): UsageError =>
  usageError(
    `'${text}' is not an existing folder.`,
    storage === undefined
      ? "Create it first: 'mkdir -p'"
      : "Create it first: 'skaha data mkdir -p'",
  );

/** Where each source goes: into a folder that is there, or to the name that was given. */
async function paired(
  io: Io,
  ends: readonly End[],
  target: End,
  { isRecursive, target: word }: { isRecursive: boolean; target: string },
): Promise<[End, End][]> {
  const isFolder = (await kindAt(target, io.signal)) === 'folder';
  if (!isFolder && ends.length > 1) throw noFolder(target);
  const pairs: [End, End][] = [];
  for (const from of ends) {
    const kind = await kindAt(from, io.signal);
    if (kind === 'folder' && !isRecursive)
      throw new SkahaError('storage.wrong_kind', `${from.text} is a folder.`, {
        id: from.text,
        hint: "Copy it and everything in it: 'skaha data cp -r'",
      });
    if (!isFolder && word.endsWith('/') && kind !== 'folder') throw noFolder(target);
    if (isFolder && from.name === '')
      throw usageError(
        `'${from.text}' has no name that a copy could have.`,
        'Give the target a new name.',
      );
    if (isFolder && from.name === '..')
      throw usageError(`'${from.text}' has no name that a copy could have.`);
    const to = isFolder ? below(target, from.name) : target;
    refuseItself(from, to);
    pairs.push([from, to]);
  }
  return pairs;
}

function refuseItself(from: End, to: End): void {
  const [a, b] = [from.storage, to.storage];
  if (a === undefined || b === undefined || a.name !== b.name) return;
  const trim = (path: string) => `${withoutTrailingSlashes(path)}/`;
  if (trim(b.path).startsWith(trim(a.path)))
    throw usageError(`'${from.text}' cannot be copied into itself.`);
}

/** From standard input or to standard output. */
async function pipe(
  io: Io,
  storages: Storages,
  sources: readonly string[],
  target: string,
): Promise<undefined> {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0 || source === target)
    throw usageError("'-' stands for a single file.", 'Give one source and one target.');
  const { signal } = io;
  if (target === '-') {
    const { storage, path } = await storages.remote(source);
    await toOutput(io, await storage.read(path, { signal }));
    return undefined;
  }
  const { storage, path, text } = await storages.remote(target);
  const node = await storage.info(path, { signal }).catch((error: unknown) => {
    if (isSkahaError(error, 'storage.not_found')) return undefined;
    throw error;
  });
  if (node?.kind === 'folder')
    throw usageError(`'${text}' is a folder.`, 'Give the file a name in it.');
  const content = io.readBytes?.() ?? textBytes(io);
  const { md5, sizeBytes, verified } = await storage.write(path, content, { signal });
  note(io, `${bytesText(sizeBytes)} written to ${plain(text)}, MD5 ${md5} (${verified}).`);
  return undefined;
}

async function* textBytes(io: Io): AsyncGenerator<Uint8Array, void> {
  yield new TextEncoder().encode(await io.readAll());
}

async function bothEnds(io: Io, storages: Storages, source: string, target: string) {
  const one = async (word: string): Promise<End> => {
    const operand = readOperand(word);
    if (operand.kind === 'storage') return remoteEnd(await storages.remote(word));
    if (operand.kind === 'disk') return diskEnd(operand.path);
    throw usageError("'-' is not a folder.");
  };
  const [from, to] = [await one(source), await one(target)];
  io.signal.throwIfAborted();
  return { from, to };
}

const comparisons: readonly Comparison[] = ['time', 'size', 'checksum'];

export const runSync: Run<typeof def.syncCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { from, to } = await bothEnds(io, storages, options.source, options.target);
    if (from.storage === undefined && to.storage === undefined)
      throw usageError('Both are on this machine.', 'One of them must be in a storage service.');
    refuseItself(from, to);
    refuseItself(to, from);
    await copyAll(io, deps, [[from, to]], {
      compare: comparisons.find((one) => one === options.by) ?? 'time',
      delete: options.delete,
      dryRun: options.dryRun,
      links: linkPolicy(options.links),
      concurrency: options.jobs,
      progress: options.progress,
    });
  });

export const runVerify: Run<typeof def.verifyCommand> = (io, deps, options) =>
  withStorages(io, deps, async (storages) => {
    const { from, to } = await bothEnds(io, storages, options.source, options.target);
    const found: Difference[] = [];
    const { signal } = io;
    const items = compareTrees(from.place, to.place, { checksum: !options.sizeOnly, signal });
    for await (const item of items) found.push(item);
    found.sort((a, b) => (a.path < b.path ? -1 : 1));
    const shown = found.filter(({ result }) => options.all || result !== 'same');
    await renderList(
      io,
      {
        rows: shown,
        document: ({ path, result, reason }) => ({ path, result, reason: reason ?? null }),
        columns: [
          { header: 'RESULT', value: ({ result }) => result },
          { header: 'PATH', value: ({ path }) => path || '.' },
          { header: 'WHY', value: ({ reason }) => reason ?? '-' },
        ],
        name: ({ path }) => path,
      },
      `All ${count(found.length, 'path')} are the same.`,
    );
    const bad = found.filter(({ result }) => result !== 'same' && result !== 'unknown');
    const open = found.filter(({ result }) => result === 'unknown').length;
    if (bad.length === 0) {
      if (open > 0) note(io, `For ${count(open, 'path')} this cannot be determined.`);
      return;
    }
    throw new SkahaError(
      'storage.differs',
      `${bad.length} of ${count(found.length, 'path')} ${bad.length === 1 ? 'differs' : 'differ'}.`,
      { hint: "Copy what differs: 'skaha data sync --by checksum'" },
    );
  });
