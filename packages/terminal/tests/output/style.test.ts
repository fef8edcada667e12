import { expect, test } from 'vitest';
import { ansiStyle, chooseStyle, plainStyle } from '../../src/output/style.js';

const cases: [choice: string, env: Record<string, string>, isTty: boolean, colored: boolean][] = [
  ['auto', {}, true, true],
  ['auto', {}, false, false],
  ['always', {}, false, true],
  ['always', { NO_COLOR: '1' }, false, true],
  ['never', { FORCE_COLOR: '1' }, true, false],
  ['auto', { NO_COLOR: '1' }, true, false],
  ['auto', { NO_COLOR: '' }, true, true],
  ['auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ['auto', { FORCE_COLOR: '1' }, false, true],
  ['auto', { FORCE_COLOR: '0' }, true, false],
  ['auto', { CLICOLOR_FORCE: '1' }, false, true],
  ['auto', { CLICOLOR: '0' }, true, false],
  ['auto', { TERM: 'dumb' }, true, false],
];

test.each(cases)('--color %s with %j on a terminal (%s): %s', (choice, env, isTty, colored) => {
  expect(chooseStyle(choice, env, isTty)).toBe(colored ? ansiStyle : plainStyle);
});
