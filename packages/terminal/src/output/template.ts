import { usageError } from '../usage.js';
import { type DataFields, type Field, fieldText, readField, valueAt } from './field.js';

/** Text, and fields that are put in its place. */
export type Template = readonly (string | Field)[];

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

const grammar =
  'Write fields as {{.id}} or {id}, \\t and \\n for tab and line end, \\{ and \\} for braces.';

const token = /\\(.?)|\{\{([^{}]*)\}\}|\{([^{}]*)\}|([{}])|([^\\{}]+)/gsu;

/** The whole item rather than one of its fields. */
const whole: Field = { name: '.', path: [], isCertain: true };

/**
 * Reads a template such as `{{.id}}\t{{.name}}`.
 *
 * @param text - as typed
 * @param known - what the command's data holds
 * @throws {UsageError} `command.usage` when it cannot be read, or there is no such field
 */
export function readTemplate(text: string, known: DataFields | undefined): Template {
  const parts: (string | Field)[] = [];
  for (const [all, escaped, double, single, brace, words] of text.matchAll(token)) {
    const name = double ?? single;
    if (words !== undefined) parts.push(words);
    else if (name !== undefined) parts.push(name.trim() === '.' ? whole : readField(name, known));
    else if (escaped !== undefined && /^[{}]$/.test(escaped)) parts.push(escaped);
    else if (escaped !== undefined && Object.hasOwn(escapes, escaped))
      parts.push(escapes[escaped] ?? '');
    else throw usageError(`The template cannot be read at '${brace ?? all}'.`, grammar);
  }
  if (parts.length === 0) throw usageError('The template is empty.', grammar);
  return parts;
}

/**
 * One item in the words of a template, without a line end.
 *
 * @param safe - makes what comes from elsewhere fit to be shown
 */
export const fillTemplate = (
  template: Template,
  item: unknown,
  safe: (text: string) => string,
): string =>
  template
    .map((part) => (typeof part === 'string' ? part : safe(fieldText(valueAt(item, part.path)))))
    .join('');

/** The fields that a template names. */
export const templateFields = (template: Template): Field[] =>
  template.filter((part) => typeof part !== 'string');
