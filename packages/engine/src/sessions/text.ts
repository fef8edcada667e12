import { Refusal, unreadableJob } from './refusal.js';

/** Splits text like Java: trailing empty parts are dropped, leading ones kept. */
export function splitDroppingTrailing(text: string, separator: string): string[] {
  if (text === '') return [''];
  const parts = text.split(separator);
  while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop();
  return parts;
}

/**
 * The result of a value in the server's template: a backslash escapes the next character, and a
 * dollar sign refers to a group of the pattern (Skaha API, job rendering). In the job document the
 * value is in double quotes, where YAML folds line breaks.
 *
 * @throws {Refusal} with the server's own text if the value cannot be rendered
 */
export const render = (value: string): string => folded(unescaped(value));

/** The same for an argument, in which a backslash at the end escapes the closing quotation mark. */
export const renderArgument = (value: string): string =>
  folded(unescaped(endsEscaping(value) ? value.slice(0, -1) : value));

function endsEscaping(value: string): boolean {
  let count = 0;
  while (value.charAt(value.length - 1 - count) === '\\') count += 1;
  return count % 2 === 1;
}

/** Folds lines like YAML in double quotes (YAML 1.2, 6.5): a single line break becomes a blank. */
function folded(value: string): string {
  const [first = '', ...lines] = value.split(/\r\n|\r|\n/);
  if (lines.length === 0) return value;
  let text = first.trimEnd();
  let empty = 0;
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1;
    const words = isLast ? line.trimStart() : line.trim();
    if (words === '' && !isLast) {
      empty += 1;
      continue;
    }
    text += `${empty === 0 ? ' ' : '\n'.repeat(empty)}${words}`;
    empty = 0;
  }
  return text;
}

function unescaped(value: string): string {
  let rendered = '';
  for (let index = 0; index < value.length; index += 1) {
    const character = value.charAt(index);
    if (character === '\\') {
      index += 1;
      if (index === value.length) throw new Refusal(400, 'character to be escaped is missing');
      rendered += value.charAt(index);
    } else if (character === '$') {
      throw dollar(value.slice(index + 1));
    } else if (character === '"') {
      // It would end the quotes around it, so that the job document would be invalid.
      throw unreadableJob('A quotation mark cannot be passed on in cmd, args or env.');
    } else {
      rendered += character;
    }
  }
  return rendered;
}

function dollar(rest: string): Refusal {
  const digit = /^\d/.exec(rest)?.[0];
  if (digit !== undefined) {
    const message = `unexpected exception: java.lang.IndexOutOfBoundsException: No group ${digit}`;
    return new Refusal(500, message, 'A dollar sign cannot be passed on in cmd, args or env.');
  }
  const name = /^\{([A-Za-z][A-Za-z0-9]*)\}/.exec(rest)?.[1];
  return new Refusal(
    400,
    name === undefined ? 'Illegal group reference' : `No group with name {${name}}`,
  );
}

/**
 * Parses an `env` entry. The server accepts an entry only if splitting it at `=` gives exactly two
 * parts: `A=b=c`, `A=` and `A` are dropped silently (Skaha API).
 */
export function parseEnvironmentEntry(entry: string): readonly [string, string] | undefined {
  const [key, value, ...rest] = splitDroppingTrailing(entry, '=');
  if (key === undefined || value === undefined || rest.length > 0) return undefined;
  return [key, value];
}
