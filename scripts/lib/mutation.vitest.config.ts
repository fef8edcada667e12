import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.js';
import { mutationGroups } from './mutation.mjs';

// Only the tests of one group, which need no platform, and no projects: each mutant runs them again.
export default defineConfig(() => {
  const { projects: _, coverage: __, globalSetup: ___, ...test } = base.test ?? {};
  return mergeConfig(defineConfig({ ...base, test }), {
    test: { include: [...(mutationGroups[process.env['MUTATION_GROUP'] ?? '']?.tests ?? [])] },
  });
});
