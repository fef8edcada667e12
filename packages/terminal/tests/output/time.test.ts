import { expect, test } from 'vitest';
import {
  age,
  clockFace,
  relative,
  roughDuration,
  shortDuration,
  utc,
} from '../../src/output/time.js';

const hour = 3_600_000;

test.each([
  [0, '0 seconds'],
  [1000, '1 second'],
  [90_000, '90 seconds'],
  [150_000, '3 minutes'],
  [1.5 * hour, '90 minutes'],
  [36 * hour, '36 hours'],
  [14 * 24 * hour - 4000, '14 days'],
  [90 * 24 * hour, '3 months'],
  [800 * 24 * hour, '2 years'],
])('%d ms is about %s', (milliseconds, text) => {
  expect(roughDuration(milliseconds)).toBe(text);
});

test('the past reads as past', () => {
  const now = Date.UTC(2026, 10, 23, 12);
  expect(relative(new Date(now - 2 * hour), now)).toBe('2 hours ago');
  expect(relative(new Date(now + 2 * hour), now)).toBe('in 2 hours');
  expect(utc(new Date(now))).toBe('2026-11-23T12:00:00Z');
});

test.each([
  [0, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [330_000, '5m30s'],
  [601_000, '10m'],
  [2.99 * hour, '179m'],
  [3.2 * hour, '3h12m'],
  [9 * hour, '9h'],
  [47 * hour, '47h'],
  [51 * hour, '2d3h'],
  [30 * 24 * hour, '30d'],
  [800 * 24 * hour, '2y70d'],
])('%d ms is written as %s, as kubectl does', (milliseconds, text) => {
  expect(shortDuration(milliseconds)).toBe(text);
});

test('an age is told of what has a time', () => {
  expect(age(new Date(5000), 10_000)).toBe('5s');
  expect(age(new Date(10_000), 5000)).toBe('0s');
  expect(age(undefined, 5000)).toBe('-');
});

test('a countdown reads like a clock', () => {
  expect([600_000, 65_000, 59_001, 1, 0, -5].map(clockFace)).toEqual([
    '10:00',
    '1:05',
    '1:00',
    '0:01',
    '0:00',
    '0:00',
  ]);
});
