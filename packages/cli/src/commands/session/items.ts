import type { ErrorDocument } from 'skaha';
import type { Outcome, Selection } from '../../select.js';

/** What became of one session, for programs. */
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
  for (const { id, name } of outcome.done)
    documents.set(id, { id, name, ok: true, action, error: null });
  for (const { item, error } of outcome.failed) {
    const name = selection.known.get(item)?.name ?? null;
    documents.set(item, { id: item, name, ok: false, action, error: error.toJSON() });
  }
  const missing = selection.missing.map(({ item }) => item);
  return [...new Set([...selection.ids, ...missing])].flatMap((id) => documents.get(id) ?? []);
}
