import { expect, test } from 'vitest';
import { checkExpressions } from '../check-expressions.mjs';
import { repository } from './fixture.js';

test('an expression whose time grows faster than its text is found, with its line', () => {
  const directory = repository({
    'packages/a/src/quantity.ts':
      'const dull = /^[a-z]+$/;\nexport const decimal = /^(?:\\d+\\.?\\d*|\\.\\d+)$/;\n',
    'packages/a/src/trailing.ts': "export const cut = (text: string) => text.replace(/-+$/, '');\n",
    'packages/a/tests/other.ts': 'export const decimal = /^(?:\\d+\\.?\\d*|\\.\\d+)$/;\n',
  });
  expect(checkExpressions(directory)).toEqual([
    expect.stringMatching(/^packages\/a\/src\/quantity\.ts:2: \/\^.* takes time that grows faster/),
    expect.stringMatching(/^packages\/a\/src\/trailing\.ts:1: \/-\+\$\/ takes time that grows/),
  ]);
});
