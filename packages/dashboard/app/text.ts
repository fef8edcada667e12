import { english } from './texts/en.js';

/**
 * What a language has to say. Another one is a file next to the English one with such an object, and a
 * line below; a type check finds what is missing in it.
 */
export type Texts = typeof english;

const languages: Readonly<Record<string, Texts>> = { en: english };

/** The first of the languages that the user of this browser reads, and that there is. */
export function textsFor(wished: readonly string[]): Texts {
  for (const tag of wished) {
    const texts = wordFor(languages, tag.toLowerCase().split('-')[0] ?? '');
    if (texts !== undefined) return texts;
  }
  return english;
}

/** What a name of the platform's is called here; undefined for one that nobody foresaw. */
export const wordFor = <Word>(
  words: Readonly<Record<string, Word>>,
  name: string,
): Word | undefined => (Object.hasOwn(words, name) ? words[name] : undefined);

/** Every word of the dashboard, in the language of this browser. */
export const t: Texts = textsFor(globalThis.navigator?.languages ?? []);
