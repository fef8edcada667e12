import { expect, test } from 'vitest';
import type { Texts } from '../../app/text.js';
import { english } from '../../app/texts/en.js';

// What the compiler says is the test: a language that lacks a text, or has one of another form, is
// none. Whatever stands after `@ts-expect-error` and compiles after all fails the check.

test('a second language has each text, in the form in which it is used', () => {
  const { skip: _, ...rest } = english;
  const { Failed: __, ...states } = english.status;
  const french: Texts = { ...english, language: 'fr', skip: 'Aller au contenu' };
  const wrong: readonly Texts[] = [
    // @ts-expect-error a text is missing
    rest,
    // @ts-expect-error a state has no word
    { ...english, status: states },
    // @ts-expect-error a sentence that needs a number is no plain one
    { ...english, actions: { ...english.actions, deleting: 'Suppression' } },
    // @ts-expect-error nobody uses it
    { ...english, another: 'Autre' },
  ];
  expect([french, ...wrong]).toHaveLength(5);
});
