import type { Io } from '@skaha/terminal/io.js';
import { type ErrorDocument, isSkahaError, PartialError } from 'skaha';
import { itemDocument, type Outcome } from '../../output/outcome.js';
import { toSkahaError } from '../../output/report.js';
import { type Selection, withGuess } from './select.js';

/** Codes of errors that every other session would meet as well. */
const concernsEverything =
  /^(authentication|client|command|config|server|transport)\.|^(internal|request\.aborted|wait\.timeout)$/;

/**
 * Calls the library for the sessions of a selection, and keeps what was done apart from what was not.
 *
 * @param call - gets at least one id
 * @throws {SkahaError} what is not about single sessions: credentials, cancellation
 */
export async function attempt<Done>(
  selection: Selection,
  call: (ids: readonly string[]) => Promise<readonly Done[]>,
): Promise<Outcome<Done>> {
  const { ids, missing } = selection;
  const [first] = ids;
  if (first === undefined) return { done: [], failed: missing };
  try {
    return { done: await call(ids), failed: missing };
  } catch (error) {
    if (error instanceof PartialError) {
      const failed = error.failed.map((item) => ({
        ...item,
        error: withGuess(item.error, selection),
      }));
      return { done: error.done, failed: [...missing, ...failed] };
    }
    const reason = withGuess(error, selection);
    // The only one that was found failed like those that were not.
    const isOneOfMany = ids.length === 1 && missing.length > 0;
    if (!isOneOfMany || !isSkahaError(reason) || concernsEverything.test(reason.code)) throw reason;
    return { done: [], failed: [...missing, { index: 0, item: first, error: reason }] };
  }
}

/**
 * Follows all sessions of a selection at the same time, and keeps those that were followed to their
 * end apart from those that were not.
 *
 * @throws the reason of `io.signal` when that aborts
 */
export async function followEach(
  { signal }: Pick<Io, 'signal'>,
  { ids, missing }: Selection,
  follow: (id: string) => Promise<void>,
): Promise<Outcome<string>> {
  const ends = await Promise.allSettled(ids.map(follow));
  signal.throwIfAborted();
  const failed = ends.flatMap((end, index) =>
    end.status === 'fulfilled'
      ? []
      : [{ index, item: ids[index] ?? '', error: toSkahaError(end.reason) }],
  );
  const done = ids.filter((_, index) => ends[index]?.status === 'fulfilled');
  return { done, failed: [...missing, ...failed] };
}

/** What became of a session, for programs. */
export interface ItemDocument {
  /** The id, or the word of the command line that means no session. */
  id: string;
  name: string | null;
  ok: boolean;
  action: string;
  error: ErrorDocument | null;
}

/**
 * What became of each session, in the order in which they were named.
 *
 * @param action - what was done, for example `delete`
 */
export function itemDocuments(
  action: string,
  selection: Selection,
  outcome: Outcome<{ id: string; name: string }>,
): ItemDocument[] {
  const documents = new Map<string, ItemDocument>();
  for (const { id, name } of outcome.done) documents.set(id, itemDocument(action, { id, name }));
  for (const { item, error } of outcome.failed) {
    const name = selection.known.get(item)?.name ?? null;
    documents.set(item, itemDocument(action, { id: item, name }, error));
  }
  const missing = selection.missing.map(({ item }) => item);
  return [...new Set([...selection.ids, ...missing])].flatMap((id) => documents.get(id) ?? []);
}
