import { expect, test } from 'vitest';
import { nearest } from '../src/nearest.js';

const words = ['create', 'delete', 'events', 'info', 'logs', 'open', 'prune', 'ps', 'renew'];

test.each([
  ['crate', 'create'],
  ['craete', 'create'],
  ['CREATE', 'create'],
  ['del', 'delete'],
  ['log', 'logs'],
  ['sp', 'ps'],
  ['pruen', 'prune'],
])('%s is probably %s', (given, meant) => {
  expect(nearest(given, words)).toBe(meant);
});

test.each(['xyzzy', 'telescope', '', 'constructor'])('%j is like none of them', (given) => {
  expect(nearest(given, words)).toBeUndefined();
});

test('a very long word is like none of them, and is not compared letter by letter', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `candidate-${index}`);
  expect(nearest('x'.repeat(1_000_000), many)).toBeUndefined();
});
