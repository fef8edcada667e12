import type { DataFields } from '@skaha/terminal/output/field.js';
import { type FieldWords, type Filter, readFilter as read } from '@skaha/terminal/output/filter.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import { canonicalStatus } from '@skaha/wire/status.js';

/** How values of some fields may be written: statuses as users of other tools spell them. */
export const fieldWords: FieldWords = {
  caseless: new Set(['status', 'type', 'kind', 'kinds']),
  spelling: new Map([['status', canonicalStatus]]),
  usual: new Map<string, readonly string[]>([
    ['status', [...sessionStatuses, 'Unknown', 'Error']],
    ['type', sessionKinds],
    ['kind', sessionKinds],
  ]),
};

/**
 * Reads a condition on a field.
 *
 * @param text - as typed, such as `status=running`
 * @throws {UsageError} when it is none, or there is no such field
 */
export const readFilter = (text: string, known: DataFields | undefined): Filter =>
  read(text, known, fieldWords);
