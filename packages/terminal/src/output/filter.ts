import { glob } from '@skaha/base/glob.js';
import { nearest } from '../nearest.js';
import { usageError } from '../usage.js';
import { type DataFields, type Field, fieldText, readField, valueAt } from './field.js';

/** A condition on one field. */
export interface Filter {
  field: Field;
  /** True for `!=`: none of the patterns may fit. */
  isNegated: boolean;
  fits(text: string): boolean;
}

/** What is special about the words of some fields. */
export interface FieldWords {
  /** Fields whose words mean the same in any case. */
  caseless: ReadonlySet<string>;
  /** Turns different spellings of a field's words into one. */
  spelling: ReadonlyMap<string, (word: string) => string>;
  /** The words that some fields usually have. Others are a newer server's, unless they look like a typo. */
  usual: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads a condition such as `status=Running,Pending`, `name=fit-*` or `kind!=headless`.
 *
 * @param text - as typed
 * @param known - what the command's data holds
 * @param words - what is special about the words of some fields
 * @throws {UsageError} when it is none, or there is no such field
 */
export function readFilter(
  text: string,
  known: DataFields | undefined,
  { caseless, spelling, usual }: FieldWords,
): Filter {
  const parts = /^([^=!]+)(!?=)(.*)$/s.exec(text);
  if (parts?.[1] === undefined)
    throw usageError(
      `'${text}' is not a filter.`,
      'Write FIELD=PATTERN or FIELD!=PATTERN, for example  --filter status=Running,Pending',
    );
  const field = readField(parts[1], known);
  const root = field.path[0] ?? '';
  const spelled = spelling.get(root) ?? ((word: string) => word);
  const values = (parts[3] ?? '').split(',');
  for (const value of values) refuseTypo(field.name, spelled(value), usual.get(root));
  const patterns = values.map((pattern) =>
    glob(spelled(pattern), { caseless: caseless.has(root) }),
  );
  return {
    field,
    isNegated: parts[2] === '!=',
    fits: (value) => {
      const text = spelled(value);
      return patterns.some((pattern) => pattern.test(text));
    },
  };
}

/** A word that is nearly one of the usual ones would match nothing, and nobody would know why. */
function refuseTypo(name: string, value: string, usual: readonly string[] | undefined): void {
  if (usual === undefined || /[*?]/.test(value)) return;
  if (usual.some((word) => word.toLowerCase() === value.toLowerCase())) return;
  const guess = nearest(value, usual);
  if (guess === undefined) return;
  throw usageError(`Nothing has the ${name} '${value}'.`, `Did you mean '${guess}'?`);
}

/** Whether an item meets a condition; of a list, any one of its values counts. */
export function meets(item: unknown, { field, isNegated, fits }: Filter): boolean {
  const value = valueAt(item, field.path);
  const texts = Array.isArray(value) ? value.map(fieldText) : [fieldText(value)];
  return texts.some(fits) !== isNegated;
}
