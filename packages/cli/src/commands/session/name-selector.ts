import { glob } from '@skaha/base/glob.js';
import { usageError } from '@skaha/terminal/usage.js';

/** How the text of a selector is understood. */
export type SelectorKind = 'prefix' | 'glob' | 'regex';

/** A way to pick sessions by name. */
export interface NameSelector {
  kind: SelectorKind;
  matches(name: string): boolean;
  /** In words, for example `names beginning with 'ab'`. */
  description: string;
}

function guessKind(text: string): SelectorKind {
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
      'Use --prefix or --glob if it is not meant as one.',
    );
  }
}

/**
 * Understands a selector of names: plain text is a prefix; with `*` or `?` alone it is a pattern
 * for whole names; with any other special character a regular expression found anywhere.
 *
 * @param text - as typed
 * @param forced - the kind, when the user says so
 * @throws {SkahaError} command.usage for an invalid regular expression
 */
export function nameSelector(text: string, forced?: SelectorKind): NameSelector {
  const kind = forced ?? guessKind(text);
  // The server stores names in lower case.
  const lower = text.toLowerCase();
  if (kind === 'prefix')
    return {
      kind,
      matches: (name) => name.startsWith(lower),
      description: `names beginning with '${text}'`,
    };
  if (kind === 'glob') {
    const whole = glob(lower);
    return { kind, matches: (name) => whole.test(name), description: `names like '${text}'` };
  }
  const expression = compile(text);
  return {
    kind,
    matches: (name) => expression.test(name),
    description: `names matching the regular expression /${text}/`,
  };
}
