// @ts-check
// Inputs: good examples that are damaged in many ways, and soups of the words a format is made of.
import fc from 'fast-check';

const common = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\\',
  '"',
  "'",
  '=',
  ':',
  ',',
  '.',
  '/',
  '#',
  '*',
  '-',
]
  .concat(['{', '}', '[', ']', '<', '>', '&', '%', '$', '\u001b[2J', '\ufeff', '\ud800', '\u2028'])
  .concat(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'NaN'])
  .concat(['0', '-1', '1e999', '9007199254740993', '99999999999999999999', 'é', '星', '🔭']);

/**
 * @typedef {{at: number, length: number, text: string, times: number}} Damage
 * @param {string} text
 * @param {readonly Damage[]} damages
 */
function damage(text, damages) {
  let result = text;
  for (const { at, length, text: added, times } of damages) {
    const start = Math.floor(at * result.length);
    const most = added === '' ? 0 : Math.min(times, Math.floor(60_000 / added.length));
    result = result.slice(0, start) + added.repeat(most) + result.slice(start + length);
  }
  return result;
}

/** Once in a while a word comes so often that only linear work ends in time. */
const times = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: 4, max: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10_000, max: 60_000 }) },
);

/**
 * Texts in a format, more or less.
 *
 * @param {readonly string[]} examples - good ones
 * @param {readonly string[]} [words] - what the format is made of
 * @returns {fc.Arbitrary<string>}
 */
export function texts(examples, words = []) {
  const word = fc.constantFrom(...common, ...words);
  const piece = fc.oneof(
    word,
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.tuple(word, word).map((both) => both.join('')),
  );
  const wound = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
    text: piece,
    times,
  });
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...examples), fc.array(wound, { maxLength: 6 }))
        .map(([text, wounds]) => damage(text, wounds)),
    },
    { weight: 3, arbitrary: fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
}

/**
 * Values as JSON brings them, with the fields of examples among others.
 *
 * @param {readonly unknown[]} examples
 * @returns {fc.Arbitrary<unknown>}
 */
export function values(examples) {
  const names = [...new Set(examples.flatMap((example) => Object.keys(Object(example))))];
  const field = fc.oneof(
    fc.constantFrom(...names, '__proto__', 'constructor', 'toString'),
    fc.string({ maxLength: 6 }),
  );
  const plain = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...common, 0, -0, 1e308));
  const changed = fc
    .tuple(fc.constantFrom(...examples), fc.array(fc.tuple(field, plain), { maxLength: 5 }))
    .map(([example, changes]) => {
      const entries = [...Object.entries(Object(example)), ...changes];
      return JSON.parse(
        `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
      );
    });
  return fc.oneof({ weight: 4, arbitrary: changed }, { weight: 1, arbitrary: plain });
}
