import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examine } from '../../fuzz/lib/examine.mjs';
import { targets } from '../../fuzz/targets/index.mjs';

const bounds = { seed: 7, milliseconds: 20_000, runs: 200, caseMs: 250 };
const finding = async (read: (text: string) => unknown, errors?: string[]) => {
  const inputs = fc.string({ unit: fc.constantFrom('a', 'b', '{'), maxLength: 40 });
  return (await examine({ name: 'one', inputs, read, errors }, bounds)).finding;
};

describe('what the fuzzer finds', () => {
  test('nothing in a parser that does no harm', async () => {
    expect(await finding((text) => text.length)).toBeUndefined();
  });

  test('an error that is none of ours, with the shortest text that leads to it', async () => {
    const found = await finding((text) => JSON.parse(text.includes('{') ? '{' : '1'));
    expect(found).toContain('SyntaxError');
    expect(found).toMatch(/with "\{"$/);
  });

  test('no fault in an error with a code, or one that is expected', async () => {
    const refuse = (name: string, more: object) => () => {
      throw Object.assign(new Error('no'), { name }, more);
    };
    expect(await finding(refuse('Error', { code: 'config.invalid' }))).toBeUndefined();
    expect(await finding(refuse('Refusal', {}), ['Refusal'])).toBeUndefined();
    expect(await finding(refuse('Refusal', {}))).toContain('Refusal: no');
  });

  test('a pattern and a loop that do not end', async () => {
    const slow = (text: string) => /^(a+)+$/.test(`${'a'.repeat(60)}${text === '' ? '' : 'b'}`);
    expect(await finding(slow)).toContain('did not end within 250 ms');
    const loop = (text: string) => {
      while (text !== '');
    };
    expect(await finding(loop)).toContain('did not end within 250 ms');
  });

  test('a prototype that was changed, or that came from the input', async () => {
    const assign = (text: string) =>
      text === '' ? {} : Object.setPrototypeOf({}, JSON.parse('{"polluted":true}'));
    expect(await finding(assign)).toContain('a prototype that came from the input');
    const pollute = (text: string) => {
      if (text !== '') Reflect.set(Object.prototype, 'polluted', true);
    };
    expect(await finding(pollute)).toContain('changed a prototype of the language');
    expect(Reflect.deleteProperty(Object.prototype, 'polluted')).toBe(true);
  });
});

// A few inputs each, so that no parser is lost from the list; `npm run fuzz` gives them many.
test.each(targets.map((target) => [target.name, target] as const))('%s', async (_, target) => {
  expect(await examine(target, { seed: 7, milliseconds: 5_000, runs: 8 })).not.toHaveProperty(
    'finding',
  );
});
