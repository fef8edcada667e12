import { expect, test } from 'vitest';
import { mutationGroups } from '../lib/mutation.mjs';
import { root } from '../lib/root.mjs';
import { findFiles } from '../lib/sources.mjs';

test.each(Object.entries(mutationGroups))('the group %s has sources and tests', (_name, group) => {
  const files = findFiles(root, (path) => path.endsWith('.ts'), 'packages');
  for (const pattern of [...group.sources, ...group.tests]) {
    const folder = pattern.slice(0, pattern.search(/[*{]|[^/]*$/));
    expect(files.filter((path) => path.startsWith(folder)).length).toBeGreaterThan(0);
  }
});
