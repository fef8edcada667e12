import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { statements } from './statements.js';

const textOf = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

/** The titles of the tests in a source text, as they are written there. */
const titlesOf = (text: string): string[] =>
  [...text.matchAll(/\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1,\s*(?:async\b|\(|\{)/g)].map((found) =>
    (found[2] ?? '').replaceAll("\\'", "'"),
  );

test('there are sixty of them', () => {
  expect(statements).toHaveLength(60);
});

test.each(statements.map(({ says, proof }, index) => [index + 1, says, proof] as const))(
  '%d: %s: the tests that prove it are there',
  (_number, _says, proof) => {
    expect(Object.keys(proof).length).toBeGreaterThan(0);
    for (const [file, titles] of Object.entries(proof)) {
      expect(titles.length).toBeGreaterThan(0);
      const text = textOf(file);
      expect(text).not.toMatch(/\b(test|it|describe)\.(skip|only|todo)\(/);
      expect(titlesOf(text), file).toEqual(expect.arrayContaining([...titles]));
    }
  },
);
