// @ts-check
// Measures one group; `scripts/mutation.mjs` starts it in a process of its own.
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { leastScore, mutationGroups } from './mutation.mjs';
import { root } from './root.mjs';

const name = process.argv[2] ?? '';
const group = mutationGroups[name];
if (group === undefined) throw new Error(`no such group: ${name}`);

process.chdir(root);
process.env['MUTATION_TESTS'] = group.tests.join(' ');
const folder = join('out', 'mutation', name);

try {
  await new Stryker({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'scripts/lib/mutation.vitest.config.ts', related: false },
    mutate: [...group.sources],
    // The copy that is changed holds the sources and tests alone.
    ignorePatterns: ['**', '!package.json', '!tsconfig*.json', '!vitest.config.ts']
      .concat(['!packages/*/{src,tests}/**', '!packages/*/{package,tsconfig}.json'])
      .concat(['!scripts/lib/**', '!scripts/tests/isolate.ts', '**/*.slow.test.ts']),
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
  }).runMutationTest();
} catch (error) {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
