/** A promise of the command line, and the tests that prove it. */
export interface Statement {
  says: string;
  /** Titles of tests by file, relative to `tests/`. */
  proof: Readonly<Record<string, readonly string[]>>;
}

/** What a command asks the server to do. */
export const launching = 'cli/checklist/launching.test.ts';

/** What is around the commands. */
export const frame = 'cli/checklist/frame.test.ts';
