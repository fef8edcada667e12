import { describe, expect, test } from 'vitest';
import { checkApi } from '../api-report.mjs';
import { readText } from '../lib/sources.mjs';
import { repository } from './fixture.js';

const packages = ['packages/a'];
const manifest = JSON.stringify({
  name: 'a',
  version: '1.0.0',
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts' }, './package.json': './package.json' },
});

/** A package whose one entry exports a function, and what else is given. */
const at = (parameter: string, exported = 'export { type Inner, words };\n', kept = {}) =>
  repository({
    'packages/a/package.json': manifest,
    'packages/a/dist/index.d.ts': `import type { Inner } from './inner.js';
export declare function double(${parameter}): Inner;
declare const words: readonly ['a', 'b'];
export type Word = (typeof words)[number];
${exported}`,
    'packages/a/dist/inner.d.ts': 'export interface Inner { size: number }\n',
    ...kept,
  });

describe('the report of the public surface', () => {
  test('is written, and misses nothing afterwards', () => {
    const directory = at('value: number');

    expect(checkApi(directory, { packages })).toHaveLength(1);
    expect(checkApi(directory, { packages, update: true })).toEqual([]);
    expect(readText(directory, 'api/a.api.md')).toContain('double(value: number): Inner;');
  });

  test('tells an unannounced change, also of a value that a type is made from', () => {
    const before = at('value: number');
    checkApi(before, { packages, update: true });
    const text = readText(before, 'api/a.api.md');
    const check = (kept: string) =>
      checkApi(at('value: string', undefined, { 'api/a.api.md': kept }), { packages });

    expect(check(text)).toEqual([
      expect.stringMatching(/^api\/a\.api\.md:\d+: the public surface changed .*value: string/),
    ]);
    expect(check(text.replace('number', 'string'))).toEqual([]);
    expect(check(text.replace('number', 'string').replace("'b'", "'c'"))).toHaveLength(1);
  });

  test('finds what it speaks of and nobody can import', () => {
    const hidden = (exported: string) =>
      checkApi(at('value: number', exported), { packages, update: true });

    expect(hidden('export { words };\n')).toEqual([
      expect.stringMatching(/^api: the public surface speaks of Inner, which no/),
    ]);
    expect(hidden('export type { Inner };\n')).toEqual([
      expect.stringMatching(/^api: the public surface speaks of words, which no/),
    ]);
  });
});
