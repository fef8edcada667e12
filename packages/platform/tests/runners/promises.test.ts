import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../../../', import.meta.url);
const read = (path: string) => readFileSync(fileURLToPath(new URL(path, root)), 'utf8');

/** The part of a page about sessions and runners. */
const section = (path: string): string =>
  /\n## Sessions and runners\n[\s\S]*?(?=\n## |$)/.exec(read(path))?.[0].trim() ?? '';

/** The source of a test file as it reads; of another package when the path names it. */
const sourceOf = (path: string) =>
  read(`packages/${path.includes('/tests/') ? path : `platform/tests/${path}`}`).replaceAll(
    '\\u2019',
    '\u2019',
  );

test('each promise about sessions has its tests, and they are there', () => {
  const rows = section('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const tests = [...row.matchAll(/`([\w./-]+\.ts)` "([^"]+)"/g)];
    expect([row, tests.length > 0]).toEqual([row, true]);
    for (const [, path = '', title = ''] of tests) {
      expect([path, title, sourceOf(path).includes(`'${title}'`)]).toEqual([path, title, true]);
    }
  }
});

test('the documentation makes the same promises', () => {
  expect(section('docs/local-platform.md')).toBe(section('SECURITY.md'));
});
