import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PatternKind, readNamePattern } from '../../src/parse/name-pattern.js';

describe('patterns of names', () => {
  const picks = (text: string, kind?: PatternKind) =>
    ['ab', 'ab-1', 'cab', 'a.b'].filter(readNamePattern(text, kind).matches);

  test.each([
    ['ab', ['ab', 'ab-1']],
    ['AB', ['ab', 'ab-1']],
    ['ab-*', ['ab-1']],
    ['?ab', ['cab']],
    ['ab.*', ['ab', 'ab-1', 'cab']],
    ['^ab$', ['ab']],
    ['a.b', ['a.b']],
  ])('%s', (text, expected) => {
    expect(picks(text)).toEqual(expected);
  });

  test('can be forced', () => {
    expect(picks('a.b', 'prefix')).toEqual(['a.b']);
    expect(picks('a.*', 'glob')).toEqual(['a.b']);
    expect(picks('ab', 'regex')).toEqual(['ab', 'ab-1', 'cab']);
  });

  test('a prefix picks exactly what begins with it', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
    fc.assert(
      fc.property(name, name, (prefix, other) => {
        expect(readNamePattern(prefix).matches(other)).toBe(other.startsWith(prefix));
      }),
    );
  });
});
