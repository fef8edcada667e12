import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkDiagram, drawFloors } from '../docs/diagram.mjs';
import { essential } from '../docs/imports.mjs';
import { floors } from '../floors.mjs';
import { root } from '../lib/root.mjs';
import { readText } from '../lib/sources.mjs';

const page = readText(root, 'docs/architecture.md');
/** First words of the lines of the block of code that follows a heading. */
const listed = (heading: string) => {
  const [, block = ''] = /```text\n([\s\S]*?)```/.exec(page.split(heading)[1] ?? '') ?? [];
  return block
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s{2,}/)[0] ?? '');
};

describe('the page on the architecture', () => {
  test('has a picture of the imports as they are', () => {
    expect(checkDiagram(root)).toEqual([]);
  });

  test('lists the floors as they are checked', () => {
    const rooms = listed('## Floors of the library').map((line) =>
      line.replace(' (the folder)', '').split(', ').sort(),
    );

    expect(rooms).toEqual([...floors].reverse().map((floor) => [...floor].sort()));
  });

  test('lists the rooms of the platform', () => {
    const folders = readdirSync(join(root, 'packages/platform/src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);

    expect(
      listed('## The platform')
        .map((room) => room.replace('/', ''))
        .sort(),
    ).toEqual(folders.sort());
  });
});

describe('the picture', () => {
  const imports = new Map([
    ['cli', new Set(['session', 'errors'])],
    ['session', new Set(['errors'])],
    ['errors', new Set<string>()],
  ]);

  test('leaves out what follows from the rest', () => {
    expect(essential(imports)).toEqual([
      ['cli', 'session'],
      ['session', 'errors'],
    ]);
  });

  test('has a box for every room, which names all it imports from', () => {
    const drawn = drawFloors(imports);

    for (const room of floors.flat().filter((name) => name !== 'client.ts')) {
      expect(drawn).toContain(`>${room}</text>`);
    }
    expect(drawn).toContain('<title>cli imports from errors, session</title>');
    expect(drawn.match(/marker-end/g)).toHaveLength(2);
  });
});
