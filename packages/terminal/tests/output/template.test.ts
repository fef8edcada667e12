import { describe, expect, test } from 'vitest';
import { fillTemplate, readTemplate } from '../../src/output/template.js';

const item = { id: 'ab12cd34', name: 'fit', error: { code: 'x.y' }, list: [1, 2], none: null };
const fill = (text: string) => fillTemplate(readTemplate(text, undefined), item, (part) => part);

describe('a template', () => {
  test.each([
    ['{{.id}}\\t{{.name}}', 'ab12cd34\tfit'],
    ['{{ id }}', 'ab12cd34'],
    ['{id}\\n{name}', 'ab12cd34\nfit'],
    ['{error.code}', 'x.y'],
    ['{list} {list.1}', '1,2 2'],
    ['[{none}{absent}]', '[]'],
    ['\\{"id":"{id}"\\}', '{"id":"ab12cd34"}'],
    ['a\\\\b\\r', 'a\\b\r'],
    ['{.}', JSON.stringify(item)],
    ['plain', 'plain'],
  ])('%s', (text, expected) => {
    expect(fill(text)).toBe(expected);
  });

  test.each([
    ['', 'The template is empty.'],
    ['{id', "The template cannot be read at '{'."],
    ['id}', "The template cannot be read at '}'."],
    ['\\x', "The template cannot be read at '\\x'."],
    ['{}', 'is not the name of a field'],
    ['{{}}', 'is not the name of a field'],
    ['{a..b}', 'is not the name of a field'],
  ])('%j is refused', (text, message) => {
    expect(() => readTemplate(text, undefined)).toThrow(message);
  });

  test('names a field that exists', () => {
    expect(() => readTemplate('{{.nmae}}', { names: ['name'] })).toThrow(
      expect.objectContaining({ hint: "Did you mean 'name'? Valid fields: name." }),
    );
  });

  test('what it writes itself is left alone when values are made safe', () => {
    const template = readTemplate('{id}\\t|', undefined);
    expect(fillTemplate(template, { id: 'a\tb' }, (text) => text.replace('\t', ' '))).toBe(
      'a b\t|',
    );
  });
});
