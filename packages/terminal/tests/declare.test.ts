import { expect, expectTypeOf, test } from 'vitest';
import {
  type ArgumentValues,
  argument,
  flag,
  type OptionValues,
  required,
  text,
} from '../src/declare.js';

test('an option with choices is read as one of them', () => {
  const options = {
    by: text('WHAT', 'how', { choices: ['time', 'size'], default: 'time' }),
    kind: text('KIND', 'which', { choices: ['file', 'folder'] }),
    format: text('FORMAT', 'in which', { choices: ['json'], forms: ['columns=FIELDS'] }),
    name: text('NAME', 'whose'),
    all: flag('all of them'),
  };
  expect(options.by.choices).toEqual(['time', 'size']);
  expectTypeOf<OptionValues<typeof options>>().toEqualTypeOf<
    { by: 'size' | 'time'; all: boolean } & {
      kind?: 'file' | 'folder' | undefined;
      format?: string | undefined;
      name?: string | undefined;
    }
  >();
});

test('an argument with choices is one of them, unless others pass as well', () => {
  const action = argument('action', 'ACTION', 'what', { choices: ['ls', 'set'] });
  const kind = required('kind', 'KIND', 'which', { choices: ['headless'], others: /:/ });
  expect([action.key, kind.key]).toEqual(['action', 'kind']);
  expectTypeOf<ArgumentValues<readonly [typeof action, typeof kind]>>().toEqualTypeOf<
    { kind: string } & { action?: 'ls' | 'set' | undefined }
  >();
});
