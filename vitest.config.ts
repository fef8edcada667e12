import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/lib/longest-first.mjs';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tests run against the sources, so that coverage and stack traces name them. */
const alias = [
  { find: /^@skaha\/([\w-]+)\/(.+)\.js$/, replacement: source('packages/$1/src/$2.ts') },
  { find: /^skaha\/internal\/(.+)\.js$/, replacement: source('packages/client/src/$1.ts') },
  {
    find: /^skaha-platform\/internal\/(.+)\.js$/,
    replacement: source('packages/platform/src/$1.ts'),
  },
  { find: /^skaha\/wire$/, replacement: source('packages/client/src/wire.ts') },
  {
    find: /^skaha\/distributed$/,
    replacement: source('packages/client/src/helpers/distributed.ts'),
  },
  { find: /^skaha\/account$/, replacement: source('packages/client/src/account/index.ts') },
  { find: /^skaha\/cluster$/, replacement: source('packages/client/src/cluster/index.ts') },
  { find: /^skaha\/batch$/, replacement: source('packages/client/src/batch/index.ts') },
  {
    find: /^skaha\/batch\/journal$/,
    replacement: source('packages/client/src/batch/journal-files.ts'),
  },
  { find: /^skaha\/history$/, replacement: source('packages/client/src/history.ts') },
  { find: /^skaha\/storage$/, replacement: source('packages/client/src/storage/index.ts') },
  {
    find: /^skaha\/storage\/files$/,
    replacement: source('packages/client/src/storage/files/index.ts'),
  },
  { find: /^skaha\/forward$/, replacement: source('packages/client/src/forward.ts') },
  { find: /^skaha\/config$/, replacement: source('packages/client/src/config/index.ts') },
  { find: /^skaha$/, replacement: source('packages/client/src/index.ts') },
  { find: /^skaha-platform$/, replacement: source('packages/platform/src/index.ts') },
  { find: /^#runtime$/, replacement: source('packages/client/src/runtime/node.ts') },
];

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['packages/*/tests/**/*.test.ts', 'scripts/tests/**/*.test.ts'],
          exclude: ['**/*.{slow,kubernetes}.test.ts', '**/node_modules/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: [
            'packages/*/tests/**/*.slow.test.ts',
            'scripts/tests/**/*.slow.test.ts',
            'examples/tests/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**'],
          testTimeout: 120_000,
        },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // On a busy machine of a CI a timer may come late; what needs a second attempt is printed.
    retry: process.env['CI'] === undefined ? 0 : 1,
    setupFiles: [source('scripts/tests/isolate.ts')],
    globalSetup: [source('scripts/tests/places.ts'), source('scripts/tests/platform-keys.ts')],
    // Files of a worker share what they import: reading it again for each took a third of a run.
    isolate: false,
    reporters: ['default', source('scripts/lib/slowest.mjs')],
    sequence: { sequencer: LongestFirst },
    // Half of a test is waiting for a platform, a child process or a poll, so that two workers for a
    // core keep it busy; by itself Vitest would leave one idle.
    maxWorkers: availableParallelism() * 2,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      // Most of it runs only with a cluster: `npm run test:kubernetes`.
      exclude: ['packages/platform-kubernetes/src/**'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { lines: 90 },
    },
  },
});
