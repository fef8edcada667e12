import type { CallOptions } from '../../client/options.js';
import { SkahaError } from '../../errors/index.js';
import { eachOf, emitted } from '../walking.js';
import { sameMd5 } from './deciding.js';
import type { Difference, LinkPolicy, Place, Tree, TreeEntry } from './types.js';

/** How to compare two trees. */
export interface CompareOptions extends CallOptions {
  /** Compare contents by their checksums, not lengths only. @defaultValue true */
  checksum?: boolean | undefined;
  /** Files read at the same time, 1 to 64. @defaultValue 4 */
  concurrency?: number | undefined;
  /** @defaultValue `skip` */
  links?: LinkPolicy | undefined;
}

async function entriesOf(
  tree: Tree,
  options: CallOptions & { links: LinkPolicy },
): Promise<Map<string, TreeEntry>> {
  const top = await tree.top(options);
  if (top === undefined) {
    throw new SkahaError('storage.not_found', `${tree.label} does not exist.`, {
      id: tree.label,
      hint: 'Check its spelling.',
    });
  }
  const found = new Map<string, TreeEntry>();
  if (top.kind !== 'folder') found.set('', top);
  else for await (const entry of tree.entries(options)) found.set(entry.path, entry);
  return found;
}

const difference = (path: string, result: Difference['result'], reason?: string): Difference => ({
  path,
  result,
  reason,
});

/**
 * Compares two trees or two files, and reports what is missing, extra or different.
 *
 * @param from - the original
 * @param to - the copy to compare with it
 * @param options - checksums or lengths only, signal
 * @returns one item for each path of both sides, in no order
 * @throws {SkahaError} `storage.not_found` and the codes of every call
 * @example
 * ```ts
 * import { Storage } from 'skaha/storage';
 * import { compareTrees, inStorage, onDisk } from 'skaha/storage/files';
 *
 * await using arc = new Storage();
 * for await (const { path, result } of compareTrees(onDisk('data'), inStorage(arc, '/home/ada/data')))
 *   if (result !== 'same') console.log(result, path);
 * ```
 */
export async function* compareTrees(
  from: Place,
  to: Place,
  options: CompareOptions = {},
): AsyncGenerator<Difference, void> {
  const { concurrency = 4, links = 'skip', signal, timeoutMs } = options;
  yield* emitted<Difference>(signal, async (emit, own) => {
    const call = { signal: own, timeoutMs, links };
    const [left, right] = await Promise.all([entriesOf(from.tree, call), entriesOf(to.tree, call)]);
    for (const path of right.keys()) if (!left.has(path)) await emit(difference(path, 'extra'));
    await eachOf(left.values(), concurrency, own, async (source, each) => {
      const target = right.get(source.path);
      const pair = { from: from.tree, to: to.tree, source, target };
      await emit(await compare(pair, options.checksum !== false, { signal: each, timeoutMs }));
    });
  });
}

/** What copies leave out is missing all the same. */
const whyMissing = ({ kind, problem }: TreeEntry): string | undefined =>
  problem ?? (kind === 'link' ? 'is a link' : kind === 'other' ? 'is not a file' : undefined);

async function compare(
  {
    from,
    to,
    source,
    target,
  }: { from: Tree; to: Tree; source: TreeEntry; target?: TreeEntry | undefined },
  checksum: boolean,
  call: CallOptions,
): Promise<Difference> {
  const { path } = source;
  if (target === undefined) return difference(path, 'missing', whyMissing(source));
  if (source.problem !== undefined) return difference(path, 'unknown', source.problem);
  if (source.kind !== target.kind) {
    return difference(path, 'different', `${source.kind} there, ${target.kind} here`);
  }
  if (source.kind !== 'file')
    return difference(path, source.kind === 'folder' ? 'same' : 'unknown');
  if (source.sizeBytes !== target.sizeBytes) {
    return difference(
      path,
      'different',
      `${source.sizeBytes ?? '?'} and ${target.sizeBytes ?? '?'} bytes`,
    );
  }
  if (!checksum) return difference(path, 'same');
  const same = await sameMd5({ from, to, source, target }, call);
  if (same === undefined) return difference(path, 'unknown', 'the service keeps no checksum');
  return same ? difference(path, 'same') : difference(path, 'different', 'different checksum');
}
