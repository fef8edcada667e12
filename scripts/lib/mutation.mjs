// @ts-check
/** The least share of noticed changes, in percent; below it `npm run mutation` fails. */
export const leastScore = 70;

/**
 * What is changed, and the tests that must notice it. The tests of a group are the fast ones that
 * call it directly: each change runs them again.
 *
 * @type {Readonly<Record<string, {sources: readonly string[], tests: readonly string[]}>>}
 */
export const mutationGroups = {
  models: {
    sources: ['packages/client/src/models/**/*.ts'],
    tests: ['packages/client/tests/models/**/*.test.ts'],
  },
  journal: {
    sources: ['packages/client/src/batch/{journal*,records,state}.ts'],
    tests: ['packages/client/tests/batch/{journal*,records,state}.test.ts'],
  },
  life: {
    sources: ['packages/engine/src/sessions/lifecycle.ts'],
    tests: ['packages/engine/tests/sessions/lifecycle*.test.ts'],
  },
  scheduling: {
    sources: ['packages/engine/src/sessions/{scheduling,turns,delay}.ts'],
    tests: ['packages/engine/tests/sessions/{scheduling,turns}*.test.ts'],
  },
};
