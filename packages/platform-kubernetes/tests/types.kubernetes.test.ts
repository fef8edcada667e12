import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testCluster } from './cluster.js';
import { typesFrom } from './lab/types.mjs';

const cluster = testCluster({});

test('the types of Kubernetes are those that an API server publishes', async () => {
  const text = typesFrom((path) => cluster.kubectl(['get', '--raw', path]));
  const file = fileURLToPath(new URL('../src/client/published.ts', import.meta.url));
  await expect(text).toMatchFileSnapshot(file);
});
