import { glob } from '@skaha/base/glob.js';
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
  spelling: Readonly<Record<string, (word: string) => string>>;
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
  { caseless, spelling }: FieldWords,
): Filter {
  const parts = /^([^=!]+)(!?=)(.*)$/s.exec(text);
  if (parts?.[1] === undefined)
    throw usageError(
      `'${text}' is not a filter.`,
      'Write FIELD=PATTERN or FIELD!=PATTERN, for example  --filter status=Running,Pending',
    );
  const field = readField(parts[1], known);
  const root = field.path[0] ?? '';
  const spelled = spelling[root] ?? ((word: string) => word);
  const patterns = (parts[3] ?? '')
    .split(',')
    .map((pattern) => glob(spelled(pattern), { caseless: caseless.has(root) }));
  return {
    field,
    isNegated: parts[2] === '!=',
    fits: (value) => {
      const text = spelled(value);
      return patterns.some((pattern) => pattern.test(text));
    },
  };
}

/** Whether an item meets a condition; of a list, any one of its values counts. */
export function meets(item: unknown, { field, isNegated, fits }: Filter): boolean {
  const value = valueAt(item, field.path);
  const texts = Array.isArray(value) ? value.map(fieldText) : [fieldText(value)];
  return texts.some(fits) !== isNegated;
}
