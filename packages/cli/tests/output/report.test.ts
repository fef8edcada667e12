import type { OutputFormat } from '@skaha/terminal/output/formats.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { errorCodes, PartialError, SkahaError } from 'skaha/internal/errors/index.js';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { exitMeanings, exitStatuses, Interruption } from '../../src/exit.js';
import { exitStatusOf, report, toSkahaError } from '../../src/output/report.js';

async function told(error: SkahaError, format: OutputFormat = 'table', debug = false) {
  let text = '';
  const err = (words: string) => {
    text += words;
  };
  await report({ err }, error, { format, style: plainStyle, debug });
  return text;
}

const missing = (id: string) =>
  new SkahaError('session.not_found', 'There is no such session.', { id });
const partial = new PartialError(
  'Could not delete 2 of 3 sessions.',
  [{ id: 'ab12cd34' }],
  [
    { index: 1, item: 'x1', error: missing('x1') },
    { index: 2, item: 'x2', error: missing('x2') },
  ],
  { hint: 'See your sessions.' },
);

describe('for people', () => {
  test('a message, and the next step', async () => {
    const error = new SkahaError('quota.exceeded', 'You have 5 sessions.', { hint: 'Delete one.' });
    expect(await told(error)).toBe('Error: You have 5 sessions.\nHint: Delete one.\n');
  });

  test('what the server said, unless the message says it already', async () => {
    const options = { status: 400, serverMessage: 'image is required' };
    const quiet = new SkahaError('request.rejected', 'No image.', options);
    expect(await told(quiet)).toBe(
      'Error: No image.\n  The server said (HTTP 400): image is required\n',
    );
    const saying = new SkahaError('request.rejected', 'Refused: image is required', options);
    expect(await told(saying)).toBe('Error: Refused: image is required\n');
  });

  test('items that failed for one reason share a line', async () => {
    expect(await told(partial)).toBe(
      'Error: Could not delete 2 of 3 sessions.\n  x1, x2: There is no such session.\nHint: See your sessions.\n',
    );
  });

  test('no control characters, and no stack unless asked', async () => {
    const error = new SkahaError('internal', 'bad \u001B[2J\nthing');
    expect(await told(error)).toBe('Error: bad [2J thing\n');
    expect(await told(error, 'table', true)).toContain('report.test.ts');
  });
});

describe('for programs', () => {
  test('one JSON line with all items', async () => {
    const text = await told(partial, 'json');
    expect(text.trimEnd()).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({
      code: 'partial.failure',
      message: 'Could not delete 2 of 3 sessions.',
      hint: 'See your sessions.',
      items: ['x1', 'x2'].map((item, position) => ({
        index: position + 1,
        item,
        name: item,
        error: {
          code: 'session.not_found',
          message: 'There is no such session.',
          hint: null,
          id: item,
        },
      })),
    });
  });

  test('YAML says the same', async () => {
    expect(parseYaml(await told(partial, 'yaml'))).toEqual(JSON.parse(await told(partial, 'json')));
  });
});

describe('exit statuses', () => {
  test.each(errorCodes.map((code) => [code]))('%s has a documented one', (code) => {
    expect(Object.keys(exitMeanings)).toContain(String(exitStatuses[code]));
    expect(exitStatuses[code]).not.toBe(0);
  });

  test('7 when something was done', () => {
    expect(exitStatusOf(partial)).toBe(7);
  });

  test('that of the items when all failed in the same way, else 1', () => {
    const quota = new SkahaError('quota.exceeded', 'Full.');
    const failed = (errors: SkahaError[]) =>
      new PartialError(
        'Nothing done.',
        [],
        errors.map((error, index) => ({ index, item: 'x', error })),
      );
    expect(exitStatusOf(failed([missing('a'), missing('b')]))).toBe(4);
    expect(exitStatusOf(failed([quota, quota]))).toBe(5);
    expect(exitStatusOf(failed([missing('a'), quota]))).toBe(1);
  });

  test('signals and closed pipes', () => {
    expect(exitStatusOf(new Interruption('SIGINT'))).toBe(130);
    expect(exitStatusOf(new Interruption('SIGTERM'))).toBe(143);
    expect(exitStatusOf(new Interruption('closed pipe'))).toBe(0);
  });

  test('what nobody foresaw is internal and keeps its cause', () => {
    const cause = new TypeError('x is undefined');
    const error = toSkahaError(cause);
    expect(error).toMatchObject({ code: 'internal', cause });
    expect(exitStatusOf(error)).toBe(1);
  });

  test('an error of another installation keeps its code', () => {
    const foreign = Object.assign(new Error('in use'), {
      name: 'SkahaError',
      code: 'platform.port_in_use',
      hint: 'Choose another port.',
    });
    expect(toSkahaError(foreign)).toBe(foreign);
    expect(exitStatusOf(toSkahaError(foreign))).toBe(1);
  });
});
