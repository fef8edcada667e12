import type { DataFields } from '@skaha/terminal/output/field.js';
import { type FieldWords, type Filter, readFilter as read } from '@skaha/terminal/output/filter.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import { canonicalStatus } from 'skaha/internal/models/status.js';

const words: FieldWords = {
  caseless: new Set(['status', 'type', 'kind', 'kinds']),
  spelling: { status: canonicalStatus },
  usual: {
    status: [...sessionStatuses, 'Unknown', 'Error'],
    type: sessionKinds,
    kind: sessionKinds,
  },
};

/**
 * Reads a condition on a field; statuses may be spelled as users of other tools do.
 *
 * @param text - as typed, such as `status=running`
 * @param known - what the command's data holds
 * @throws {UsageError} when it is none, or there is no such field
 */
export const readFilter = (text: string, known: DataFields | undefined): Filter =>
  read(text, known, words);
