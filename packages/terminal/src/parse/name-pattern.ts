import { glob } from '@skaha/base/glob.js';
import { usageError } from '../usage.js';

/** A way to pick items by their names. */
export interface NamePattern {
  /** @param name - in lower case */
  matches(name: string): boolean;
  /** In words, for example `names beginning with 'ab'`. */
  description: string;
}

/** How the text of a pattern can be meant. */
export const patternKinds = ['prefix', 'glob', 'regex'] as const;

/** One of {@link patternKinds}. */
export type PatternKind = (typeof patternKinds)[number];

function guessKind(text: string): PatternKind {
  if (/^[A-Za-z0-9-]*$/.test(text)) return 'prefix';
  return /^[A-Za-z0-9*?-]+$/.test(text) ? 'glob' : 'regex';
}

function compile(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(
      `'${text}' is not a regular expression: ${reason}.`,
      'Use --prefix or --glob if you did not mean one.',
    );
  }
}

/**
 * Understands a pattern for names, whatever its case: plain text is a prefix; with `*` or `?` alone
 * it is for whole names; with any other special character a regular expression found anywhere.
 *
 * @param text - as typed
 * @param kind - as the user says with `--prefix`, `--glob` or `--regex`; otherwise it follows from
 *   the text
 * @throws {UsageError} `command.usage` for an invalid regular expression
 */
export function readNamePattern(text: string, kind = guessKind(text)): NamePattern {
  const lower = text.toLowerCase();
  if (kind === 'prefix')
    return {
      matches: (name) => name.startsWith(lower),
      description: `names beginning with '${text}'`,
    };
  if (kind === 'glob') {
    const whole = glob(lower);
    return { matches: (name) => whole.test(name), description: `names like '${text}'` };
  }
  const expression = compile(text);
  return {
    matches: (name) => expression.test(name),
    description: `names matching the regular expression /${text}/`,
  };
}
