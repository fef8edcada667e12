import { expect, test } from 'vitest';
import { argument, duration, flag, integer, list, text } from '../../src/declare.js';
import { readDocument } from '../../src/parse/document.js';

const command = {
  arguments: [argument('kind', 'KIND', 'what to start')],
  rest: argument('command', 'COMMAND', 'what it runs'),
  options: {
    name: text('NAME', 'its name'),
    maxActive: integer('COUNT', [1, 10], 'how many at a time'),
    waitTimeout: duration([1000, 60_000], 'how long to wait'),
    env: list('KEY=VALUE', 'a variable'),
    atomic: flag('all or none'),
  },
};

const read = (document: Record<string, unknown>) => readDocument(document, 'The file', command);

test('arguments and options are found by their long names, and read as on a command line', () => {
  const document = {
    kind: 'headless',
    command: 'sleep  60',
    name: 7,
    'max-active': '3',
    'wait-timeout': '2s',
    env: ['A=1', 'B=2'],
    atomic: 'TRUE',
  };
  expect(read(document)).toEqual({
    kind: 'headless',
    command: ['sleep', '60'],
    name: '7',
    maxActive: 3,
    waitTimeout: 2000,
    env: ['A=1', 'B=2'],
    atomic: true,
  });
});

test('words, and the values of a list, can have a form of their own', () => {
  expect(read({ command: ['echo', 'a b'], env: { A: 1, B: 'x' } })).toEqual({
    command: ['echo', 'a b'],
    env: ['A=1', 'B=x'],
  });
  expect(read({ env: 'A=1' })).toEqual({ env: ['A=1'] });
});

test('null counts as not given', () => {
  expect(read({ kind: null, name: null, env: null, atomic: false })).toEqual({ atomic: false });
});

test.each<[Record<string, unknown>, string]>([
  [{ nam: 'x' }, "The file: there is no option 'nam'."],
  [{ maxActive: 3 }, "The file: there is no option 'maxActive'."],
  [{ 'max-active': 11 }, "The file: max-active must be a whole number from 1 to 10, not '11'."],
  [{ kind: ['a'] }, 'The file: the value of kind must be text or a number.'],
  [{ name: {} }, 'The file: the value of name must be text or a number.'],
  [{ command: [['a']] }, 'The file: the value of command must be text or a list of arguments.'],
  [{ atomic: 'true' }, 'The file: the value of atomic must be true or false.'],
  [{ env: [null] }, 'The file: the value of env must be a list of texts, or names with values.'],
  [{ env: { A: [1] } }, 'The file: the value of env.A must be text or a number.'],
])('%j is refused', (document, message) => {
  expect(() => read(document)).toThrow(expect.objectContaining({ code: 'command.usage', message }));
});
