import { describe, expect, test } from 'vitest';
import { apiReports, checkApi } from '../api-report.mjs';
import { repository } from './fixture.js';

const manifest = JSON.stringify({
  name: 'a',
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts' }, './package.json': './package.json' },
});

const inner = 'export interface Inner { size: number }\n';
const index = (parameter: string, exported: string) => `import type { Inner } from './inner.js';
/** Doubles. */
export declare function double(${parameter}): Inner;
export declare class Held { private secret; open(): void }
${exported}`;

const at = (
  parameter: string,
  kept: Record<string, string> = {},
  exported = 'export type { Inner };\n',
) =>
  repository({
    'packages/a/package.json': manifest,
    'packages/a/dist/index.d.ts': index(parameter, exported),
    'packages/a/dist/inner.d.ts': inner,
    ...kept,
  });

describe('the report of the public surface', () => {
  test('holds what is exported and what that speaks of, without comments and privates', () => {
    const text = apiReports(at('value: number'), ['packages/a']).get('api/a.api.txt');

    expect(text).toContain('function double(value: number): Inner;');
    expect(text).toContain('interface Inner {');
    expect(text).not.toContain('Doubles');
    expect(text).not.toContain('secret');
  });

  test('tells an unannounced change, and is content with an announced one', () => {
    const kept = Object.fromEntries(apiReports(at('value: number'), ['packages/a']));

    expect(checkApi(at('value: number', kept), ['packages/a'])).toEqual([]);
    expect(checkApi(at('value: string', kept), ['packages/a'])).toEqual([
      expect.stringMatching(
        /^api\/a\.api\.txt:\d+: the public surface changed \(now: function double\(value: string\)/,
      ),
    ]);
  });

  test('finds what it speaks of and nobody can import', () => {
    const kept = Object.fromEntries(apiReports(at('value: number', {}, ''), ['packages/a']));

    expect(checkApi(at('value: number', kept, ''), ['packages/a'])).toEqual([
      expect.stringMatching(/^api\/a\.api\.txt: the public surface speaks of Inner, which no/),
    ]);
  });

  test('tells a type by what it comes to, not by the value it is made from', () => {
    const exported =
      "declare const words: readonly ['a', 'b'];\nexport type Word = (typeof words)[number];\nexport type { Inner };\n";
    const text = apiReports(at('value: number', {}, exported), ['packages/a']).get('api/a.api.txt');

    expect(text).toContain('type Word = "a" | "b";');
    expect(text).not.toContain('words');
  });

  test('misses a report that was never written', () => {
    expect(checkApi(at('value: number'), ['packages/a'])).toHaveLength(1);
  });
});
