import { expect, test } from 'vitest';
import { base64 } from '../src/bytes.js';

test('base64 is of UTF-8', () => {
  expect(base64('test:supersecret')).toBe('dGVzdDpzdXBlcnNlY3JldA==');
  expect(base64('ü:€😀')).toBe(Buffer.from('ü:€😀').toString('base64'));
});
