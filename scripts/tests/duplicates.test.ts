import { describe, expect, test } from 'vitest';
import { checkDuplicates } from '../check-duplicates.mjs';
import { mutationGroups } from '../lib/mutation.mjs';
import { root } from '../lib/root.mjs';
import { findFiles } from '../lib/sources.mjs';
import { repository } from './fixture.js';

const work = (name: string) =>
  `export function ${name}(values) {\n  const sums = values.map((value) => value + 1);\n  return sums.filter((sum) => sum > 2).join(', ');\n}\n`;
const body = work('').slice('export function '.length);

describe('code that stands in two places', () => {
  test('is found whatever stands around it, and named once', () => {
    const directory = repository({
      'packages/a/src/one.ts': `import { a } from './a.js';\n\n${work('one')}`,
      'packages/b/src/two.ts': `/** Sums. */\n// again\n${work('two')}`,
    });

    expect(checkDuplicates(directory, 30)).toEqual([
      expect.stringMatching(
        /^packages\/b\/src\/two\.ts:3: \d+ words and signs as in packages\/a\/src\/one\.ts:3$/,
      ),
    ]);
    expect(checkDuplicates(directory, 60)).toEqual([]);
  });

  test('is found in one file too', () => {
    const directory = repository({
      'packages/a/src/one.ts': `export function one${body}export function two${body}`,
    });

    expect(checkDuplicates(directory, 30)).toEqual([
      expect.stringMatching(/^packages\/a\/src\/one\.ts:5: .* as in packages\/a\/src\/one\.ts:1$/),
    ]);
  });

  test('does not count in imports, comments, tests and what was built', () => {
    const imports = `import {\n${'  name,\n'.repeat(40)}} from './names.js';\n`;
    const comment = `/* ${'word '.repeat(60)} */\n`;
    const directory = repository({
      'packages/a/src/one.ts': imports + comment,
      'packages/a/src/two.ts': imports + comment,
      'packages/a/tests/one.test.ts': work('one'),
      'packages/a/tests/two.test.ts': work('one'),
      'packages/a/dist/one.js': work('one'),
      'packages/b/dist/one.js': work('one'),
    });

    expect(checkDuplicates(directory, 30)).toEqual([]);
  });
});

test.each(Object.entries(mutationGroups))('the group %s has sources and tests', (_name, group) => {
  const files = findFiles(root, (path) => path.endsWith('.ts'), 'packages');
  for (const pattern of [...group.sources, ...group.tests]) {
    const folder = pattern.slice(0, pattern.search(/[*{]|[^/]*$/));
    expect(files.filter((path) => path.startsWith(folder)).length).toBeGreaterThan(0);
  }
});
