// @ts-check
// How Stryker measures one group; `scripts/mutation.mjs` names it in a variable.
import { join } from 'node:path';
import { leastScore, mutationGroups } from './mutation.mjs';

const name = process.env['MUTATION_GROUP'] ?? '';
const folder = join('out', 'mutation', name);

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/lib/mutation.vitest.config.ts', related: false },
  mutate: [...(mutationGroups[name]?.sources ?? [])],
  // The copy that is changed holds the sources and tests alone.
  ignorePatterns: [
    '**',
    '!package.json',
    '!tsconfig*.json',
    '!vitest.config.ts',
    '!packages/*/{src,tests}/**',
    '!packages/*/{package,tsconfig}.json',
    // The settings of the compiler for all packages refer to it.
    '!packages/dashboard/app/tsconfig.json',
    '!scripts/lib/**',
    '!scripts/tests/*.ts',
    '**/*.slow.test.ts',
  ],
  // The compiler has no interface for programs any more: nothing may try to rewrite its settings.
  tsconfigFile: 'none.json',
  tempDirName: join(folder, 'copy'),
  // Former results would be taken over for schemas too, although their tests have changed.
  incremental: false,
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 5000,
  reporters: ['clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
  htmlReporter: { fileName: join(folder, 'report.html') },
  jsonReporter: { fileName: join(folder, 'report.json') },
  thresholds: { high: 90, low: 80, break: leastScore },
  checkers: [],
  allowConsoleColors: false,
};
