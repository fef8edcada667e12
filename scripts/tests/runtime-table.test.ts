import { describe, expect, test } from 'vitest';
import { tableOf, withTable } from '../../runtimes/table.mjs';

const result = (group: string, more: object = {}) => ({
  credential: 'token',
  group,
  name: 'works',
  ...more,
});

describe('the table of runtimes', () => {
  test('says what works, what does not, and what was left out and why', () => {
    const table = tableOf([
      { runtime: 'Node 20.20.2', results: [result('sessions'), result('retries')] },
      {
        runtime: 'Chromium 1.2.3.4',
        results: [result('sessions', { error: 'no' }), result('retries', { skipped: 'a reason' })],
      },
      { runtime: 'Bun', results: [], missing: 'not for this system' },
    ]);

    expect(table.split('\n')).toEqual([
      '| runtime | credentials | sessions | retries |',
      '|---|---|---|---|',
      '| Node 20.20 | token | ✓ | ✓ |',
      '| Chromium 1.2 | token | ✗ | ✓ * |',
      '',
      '\\* Chromium without “works”: a reason.',
    ]);
  });

  test('goes between its marks and nowhere else', () => {
    const text = 'a\n<!-- runtimes: begin -->\nold\n<!-- runtimes: end -->\nb\n';

    expect(withTable(text, 'new')).toBe(
      'a\n<!-- runtimes: begin -->\nnew\n<!-- runtimes: end -->\nb\n',
    );
    expect(withTable(withTable(text, 'new'), 'newer')).toBe(withTable(text, 'newer'));
    expect(() => withTable('a\n', 'new')).toThrow(/no place/);
  });
});
