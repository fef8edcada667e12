import { readFields } from '@skaha/terminal/output/field.js';
import type { OutputFormat } from '@skaha/terminal/output/formats.js';
import { render, renderPaged, toText, type View } from '@skaha/terminal/output/render.js';
import { type OutputRequest, plainRequest } from '@skaha/terminal/output/request.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { chooseOutput } from '@skaha/terminal/parse/format.js';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { fieldWords } from '../../src/parse/filter.js';

const data = [
  { id: 'a1', name: 'x,y', size: { cores: 2 }, groups: [1, 2], app: null },
  { id: 'b2', name: 'é', size: { cores: 4 }, groups: [], app: null },
];
const view: View = { data, table: () => 'TABLE\n', names: () => data.map(({ id }) => id) };

interface Terminal {
  isTty: boolean;
  columns: number;
}

const text = (request: Partial<OutputRequest>, shown = view, terminal?: Terminal) => {
  const output = { ...plainRequest, ...request };
  return toText(
    { out: () => {}, style: plainStyle, ...terminal, format: output.format, output },
    shown,
  );
};
const asked = (output: string, more: Record<string, unknown> = {}) =>
  chooseOutput({ output, ...more }, {}, fieldWords);

describe('one view in every form', () => {
  test.each<[OutputFormat, string]>([
    ['table', 'TABLE\n'],
    ['wide', 'TABLE\n'],
    ['name', 'a1\nb2\n'],
    ['json', `${JSON.stringify(data, null, 2)}\n`],
    ['jsonl', data.map((item) => `${JSON.stringify(item)}\n`).join('')],
    ['csv', 'id,name,size,groups,app\na1,"x,y","{""cores"":2}","1,2",\nb2,é,"{""cores"":4}",,\n'],
    ['tsv', 'id\tname\tsize\tgroups\tapp\na1\tx,y\t{"cores":2}\t1,2\t\nb2\té\t{"cores":4}\t\t\n'],
  ])('%s', async (format, expected) => {
    expect(await text({ format })).toBe(expected);
  });

  test('YAML and JSON decode to equal values', async () => {
    expect(parseYaml(await text({ format: 'yaml' }))).toEqual(data);
  });

  test('chosen columns, with headings of their own', async () => {
    expect(await text(asked('columns=id,Cores:size.cores,app'))).toBe(
      'ID  Cores  APP\na1  2\nb2  4\n',
    );
    expect(await text(asked('columns=id', { noHeaders: true }))).toBe('a1\nb2\n');
  });

  test('a template, one line for each item', async () => {
    expect(await text(asked('template={{.id}}={{.size.cores}}'))).toBe('a1=2\nb2=4\n');
  });

  test('a single document is one line, one row', async () => {
    const one: View = { data: data[0], table: () => '' };
    expect(await text({ format: 'jsonl' }, one)).toBe(`${JSON.stringify(data[0])}\n`);
    expect(await text(asked('template={id}'), one)).toBe('a1\n');
    const value: View = { data: 'just text', table: () => '' };
    expect(await text({ format: 'csv' }, value)).toBe('value\njust text\n');
  });
});

describe('chosen fields', () => {
  const fields = readFields('name,size.cores', undefined);

  test.each<[OutputFormat, string]>([
    ['table', 'NAME  SIZE.CORES\nx,y   2\né     4\n'],
    ['jsonl', '{"name":"x,y","size.cores":2}\n{"name":"é","size.cores":4}\n'],
    ['csv', 'name,size.cores\n"x,y",2\né,4\n'],
  ])('as %s', async (format, expected) => {
    expect(await text({ format, fields })).toBe(expected);
  });

  test('of a document', async () => {
    const one: View = { data: data[1], table: () => '' };
    expect(JSON.parse(await text({ format: 'json', fields }, one))).toEqual({
      name: 'é',
      'size.cores': 4,
    });
  });

  test('of data that has none itself come from its items', async () => {
    const ids: View = { data: ['a1'], items: () => [data[0]], table: () => '' };
    expect(await text({ format: 'json' }, ids)).toBe('[\n  "a1"\n]\n');
    expect(JSON.parse(await text({ format: 'json', fields }, ids))).toEqual([
      { name: 'x,y', 'size.cores': 2 },
    ]);
    expect(await text(asked('template={id} {name}'), ids)).toBe('a1 x,y\n');
  });

  test('that no item has are refused with those there are', async () => {
    await expect(
      text({ format: 'csv', fields: readFields('nmae', undefined) }),
    ).rejects.toMatchObject({
      code: 'command.usage',
      hint: expect.stringContaining("Did you mean 'name'?"),
    });
  });
});

describe('a terminal', () => {
  const hostile: View = { data: [{ id: 'a1', name: '\u001B[2Jx\ny' }], table: () => '' };
  const terminal = { isTty: true, columns: 40 };

  test.each(['csv', 'tsv', 'columns=name', 'template={name}', 'json', 'yaml'])(
    'is never steered by the data: %s',
    async (format) => {
      expect(await text(asked(format), hostile, terminal)).not.toContain('\u001B');
    },
  );

  test('gets columns that fit, with ids whole', async () => {
    const long: View = { data: [{ id: 'ab12cd34', image: 'x'.repeat(90) }], table: () => '' };
    const lines = (await text(asked('columns=id,image'), long, { isTty: true, columns: 30 })).split(
      '\n',
    );
    expect(lines[1]).toBe(`ab12cd34  ${'x'.repeat(19)}…`);
  });

  test('hands what is longer than the screen to the pager', async () => {
    const paged: (string | Uint8Array)[] = [];
    const written: (string | Uint8Array)[] = [];
    const page = async (long: string | Uint8Array) => paged.push(long) > 1;
    const io = { out: (chunk: string | Uint8Array) => void written.push(chunk), page };
    await renderPaged({ ...io, format: 'table' }, view);
    expect([paged, written]).toEqual([['TABLE\n'], ['TABLE\n']]);
    await renderPaged({ ...io, format: 'table' }, view);
    expect(written).toHaveLength(1);
    await render({ ...io, format: 'table' }, view);
    expect([paged.length, written.length]).toEqual([2, 2]);
  });
});
