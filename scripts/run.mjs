// @ts-check
// `npm start`, `npm test` and others: whatever set-up is missing, then the program that is named,
// with the words after it.
import { setUpAndRun } from './lib/setup.mjs';

const [program = '', ...words] = process.argv.slice(2);
process.exitCode = await setUpAndRun(program, words);
