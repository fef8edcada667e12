import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../lib/root.mjs';
import { readText } from '../lib/sources.mjs';

const paths = readText(root, 'docs/architecture.md')
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    title: section.split('\n')[0] ?? '',
    hops: section.split('\n').filter((line) => /^\| \d+ \|/.test(line)),
  }));

/** Files of a hop that are not there: the first by its path from `packages`, others from nearby. */
function missing(hop: string): string[] {
  const [first = '', ...others] = [...(hop.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)].map(
    ([, path = '']) => path,
  );
  const source = first.replace(/^([^/]+\/src)\/.*$/, '$1');
  const isThere = (path: string) =>
    ['', source, dirname(first)].some((from) => existsSync(join(root, 'packages', from, path)));
  return [
    ...(existsSync(join(root, 'packages', first)) ? [] : [first]),
    ...others.filter((path) => !isThere(path)),
  ];
}

describe('the map of the architecture', () => {
  test('has six paths', () => {
    expect(paths).toHaveLength(6);
  });

  test.each(paths)('$title leads through at most 15 files, which are there', ({ hops }) => {
    expect(hops.length).toBeGreaterThan(4);
    expect(hops.length).toBeLessThanOrEqual(15);
    expect(hops.flatMap(missing)).toEqual([]);
  });
});
