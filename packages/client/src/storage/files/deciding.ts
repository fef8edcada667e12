import type { CallOptions } from '../../client/options.js';
import { DiskTree } from './disk.js';
import type { Comparison, Tree, TreeEntry } from './types.js';

/** Some file systems and services keep whole seconds only, some every other one. */
const sameTimeMs = 2000;

/** A file on both sides. */
export interface Pair {
  from: Tree;
  to: Tree;
  source: TreeEntry;
  target: TreeEntry;
}

/** Whether the checksums agree; undefined when one of them cannot be known. */
export async function sameMd5(
  { from, to, source, target }: Pair,
  call: CallOptions,
): Promise<boolean | undefined> {
  // The one that costs nothing first: without it the other need not be worked out.
  const [cheap, other] = from instanceof DiskTree ? ['to', 'from'] : ['from', 'to'];
  const md5 = (side: string | undefined) =>
    side === 'from' ? from.md5(source, call) : to.md5(target, call);
  const known = await md5(cheap);
  if (known === undefined) return undefined;
  const found = await md5(other);
  return found === undefined ? undefined : found === known;
}

/** A service notes when it got a file, a download takes the time of the original. */
function sameTime({ to, source, target }: Pair): boolean {
  if (source.modified === undefined || target.modified === undefined) return false;
  const later = target.modified.getTime() - source.modified.getTime();
  return to instanceof DiskTree ? Math.abs(later) < sameTimeMs : later > -sameTimeMs;
}

/**
 * Whether a file is the same on both sides.
 *
 * @param pair - both
 * @param comparison - how to find out
 * @param call - signal and timeout
 */
export async function isSame(
  pair: Pair,
  comparison: Comparison,
  call: CallOptions,
): Promise<boolean> {
  const { source, target } = pair;
  if (comparison === 'none' || target.kind !== 'file') return false;
  if (source.sizeBytes === undefined || source.sizeBytes !== target.sizeBytes) return false;
  if (comparison === 'size') return true;
  if (source.md5 !== undefined && target.md5 !== undefined) return source.md5 === target.md5;
  if (comparison === 'time' && sameTime(pair)) return true;
  return (await sameMd5(pair, call)) === true;
}
