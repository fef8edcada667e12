import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** What an import of the library loads at once: its modules, and what they have of Node's. */
async function loadedAtOnce() {
  const { metafile } = await build({
    entryPoints: [entry],
    outdir: 'unused',
    write: false,
    bundle: true,
    metafile: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // Each module stays where it is: it is their number that counts.
    packages: 'bundle',
    treeShaking: false,
    logLevel: 'silent',
  });
  const [start = ''] = Object.keys(metafile.inputs).filter((path) => entry.endsWith(path));
  const modules = new Set<string>();
  const ofNode = new Set<string>();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (modules.has(path)) continue;
    modules.add(path);
    for (const { path: next, kind, external } of metafile.inputs[path]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (external === true) ofNode.add(next);
      else waiting.push(next);
    }
  }
  return { modules: [...modules], ofNode: [...ofNode] };
}

test('an import of the library loads few modules, no dependency and nothing for networks', async () => {
  const { modules, ofNode } = await loadedAtOnce();
  expect(modules.filter((path) => path.includes('node_modules/'))).toEqual([]);
  expect(ofNode.filter((name) => /http|tls|net$|child_process|worker/.test(name))).toEqual([]);
  expect(modules.length).toBeGreaterThan(30);
  expect(modules.length).toBeLessThanOrEqual(80);
});
