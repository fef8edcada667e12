import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aliasWords, expandAlias } from '../src/aliases.js';

const program = { name: 'skaha' };

describe('the words of an alias', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['  ps   --all\t', ['ps', '--all']],
    [`create -n 'a b' "c d"`, ['create', '-n', 'a b', 'c d']],
    [`''`, ['']],
    [`a'b'"c"`, ['abc']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    [`a\\ b '\\'`, ['a b', '\\']],
    ['a\\', ['a\\']],
    ['$HOME `id` $(id) *; rm', ['$HOME', '`id`', '$(id)', '*;', 'rm']],
  ])('%j are %j', (text, words) => {
    expect(aliasWords(text)).toEqual(words);
  });

  test.each(['"a', "it's"])('%j has an open quote', (text) => {
    expect(() => aliasWords(text)).toThrow(expect.objectContaining({ code: 'command.usage' }));
  });

  test('any word in single quotes stays as it is', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes("'"));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(aliasWords(words.map((one) => `'${one}'`).join(' '))).toEqual(words);
      }),
    );
  });
});

describe('the arguments of an alias', () => {
  test.each<[string, string[], string[]]>([
    ['ps --all', ['-q'], ['ps', '--all', '-q']],
    ['info $1', ['x', '--json'], ['info', 'x', '--json']],
    ['create -n $2 img-$1', ['a', 'b', 'c'], ['create', '-n', 'b', 'img-a', 'c']],
    ['create x -- $@', ['a b', 'c'], ['create', 'x', '--', 'a b', 'c']],
    ['create x -- "all: $@"', ['a', 'b'], ['create', 'x', '--', 'all: a b']],
    ['create x -- $$1 $$', ['z'], ['create', 'x', '--', '$1', '$', 'z']],
    ["info '$1'", ['; rm -rf "$HOME"'], ['info', '; rm -rf "$HOME"']],
    ['info $1', ['$2'], ['info', '$2']],
  ])('%j with %j', (text, given, expected) => {
    expect(expandAlias(program, 'x', text, given)).toEqual(expected);
  });

  test('one that is missing is told', () => {
    expect(() => expandAlias(program, 'fit', 'info $1 $2', ['a'])).toThrow(
      expect.objectContaining({ message: "The alias 'fit' needs 2 arguments." }),
    );
  });
});
