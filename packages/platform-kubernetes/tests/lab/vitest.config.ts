import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../../../vitest.config.js';

// What needs a real cluster, which takes minutes: it is no part of `npm test`.
export default defineConfig(() => {
  const { projects: _, coverage: __, ...test } = base.test ?? {};
  return mergeConfig(defineConfig({ ...base, test }), {
    test: {
      include: ['packages/platform-kubernetes/tests/**/*.kubernetes.test.ts'],
      testTimeout: 90_000,
      hookTimeout: 180_000,
      // Each file has a cluster of its own.
      maxWorkers: 1,
      fileParallelism: false,
    },
  });
});
