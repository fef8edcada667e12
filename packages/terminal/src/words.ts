import { existsSync } from 'node:fs';
import { usageError } from './usage.js';

type State = { word: string | undefined; quote: '"' | "'" | undefined };

/** What follows a backslash: outside quotes anything, in double quotes only these. */
const escapes = (quote: State['quote'], next: string): boolean =>
  quote === undefined || (quote === '"' && (next === '"' || next === '\\'));

/**
 * Splits a text into words: at blanks, except in single or double quotes or after a
 * backslash. Nothing else of a shell is understood, so nothing is ever expanded.
 *
 * @param what - what the text is, for the message
 * @throws {UsageError} `command.usage` for a quote that is not closed
 */
export function splitWords(text: string, what: string): string[] {
  const words: string[] = [];
  const state: State = { word: undefined, quote: undefined };
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charAt(index);
    const next = text.charAt(index + 1);
    if (letter === '\\' && next !== '' && escapes(state.quote, next)) {
      state.word = (state.word ?? '') + next;
      index += 1;
    } else if (letter === state.quote) {
      state.quote = undefined;
    } else if (state.quote === undefined && (letter === '"' || letter === "'")) {
      state.quote = letter;
      state.word ??= '';
    } else if (state.quote === undefined && /\s/.test(letter)) {
      if (state.word !== undefined) words.push(state.word);
      state.word = undefined;
    } else state.word = (state.word ?? '') + letter;
  }
  if (state.quote !== undefined) {
    throw usageError(`A quote in ${what} is not closed.`);
  }
  if (state.word !== undefined) words.push(state.word);
  return words;
}

/**
 * The program and arguments that a variable such as `EDITOR` names. A path with blanks may be
 * there without quotes when it is all there is.
 *
 * @throws {UsageError} `command.usage` for a quote that is not closed
 */
export function programWords(text: string, name: string): string[] {
  if (existsSync(text)) return [text];
  // There a backslash separates folders.
  const written = process.platform === 'win32' ? text.replaceAll('\\', '\\\\') : text;
  return splitWords(written, `the variable ${name}`);
}
