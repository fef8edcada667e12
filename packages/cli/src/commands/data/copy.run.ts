import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type UsageError, usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaError } from 'skaha';
import { type Comparison, compareTrees, type Difference } from 'skaha/storage/files';
import type { Run } from '../../command.js';
import { toOutput } from './content.run.js';
import { copyAll } from './copying.js';
import {
  below,
  diskEnd,
  type End,
  expanded,
  readOperand,
  remoteEnd,
  type Storages,
  withStorages,
} from './operands.js';
import { bytesText } from './view.js';
import type { cpCommand, syncCommand, verifyCommand } from './writing.js';

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

/** Copies files and trees. */
export const runCp: Run<typeof cpCommand> = (io, deps, options) =>
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

/** Makes one tree like another. */
export const runSync: Run<typeof syncCommand> = (io, deps, options) =>
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

/** Compares two trees. */
export const runVerify: Run<typeof verifyCommand> = (io, deps, options) =>
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
      `Of ${count(found.length, 'path')} ${bad.length} ${bad.length === 1 ? 'is' : 'are'} not the same on both sides.`,
      { hint: "Copy what differs: 'skaha data sync --by checksum'" },
    );
  });
