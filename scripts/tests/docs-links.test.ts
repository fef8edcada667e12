import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { overview, sections } from '../../docs/.vitepress/pages.mjs';
import { stagedPages } from '../docs/stage.mjs';
import { anchorsOf, blocksOf, linksOf, slugOf } from '../lib/markdown.mjs';
import { root } from '../lib/root.mjs';
import { findFiles, readText } from '../lib/sources.mjs';

/** The home page of the site is written for the site; the test that builds it looks at its links. */
const pages = findFiles(root, (path) => path.endsWith('.md') && !path.includes('/.vitepress/'));

describe('links', () => {
  test.each(pages)('of %s lead to what exists', (page) => {
    const dead = linksOf(readText(root, page))
      .filter((target) => !/^(https?:|mailto:)/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page : posix.join(dirname(page), file);
        if (!existsSync(join(root, path))) return true;
        return anchor !== undefined && !anchorsOf(readText(root, path)).has(anchor);
      });

    expect(dead).toEqual([]);
  });
});

describe('pages of the documentation', () => {
  const listed = sections.flatMap(({ items }) => items.map(({ link }) => link.split('#')[0]));
  const own = pages.filter((page) => page.startsWith('docs/') && page !== `docs/${overview}`);

  test.each(own)('%s is in the lists of the site and of the overview', (page) => {
    const place = page.slice('docs'.length).replace(/\.md$/, '');

    expect(listed).toContain(place);
    expect(linksOf(readText(root, `docs/${overview}`))).toContain(page.slice('docs/'.length));
  });

  test('are gathered where nothing else looks', () => expect(stagedPages).toContain('/dist/'));
});

describe('the reading of Markdown', () => {
  const page = [
    '# One & two',
    '## `skaha ps`: a *list*',
    '```sh runnable',
    '# no heading',
    '[no](link.md)',
    '```',
    '## One & two',
    'A [link over',
    'two lines](a.md#b), `[code](c.md)` and [another](#one--two-1).',
  ].join('\n');

  test('finds anchors as GitHub makes them', () => {
    expect([...anchorsOf(page)]).toEqual(['one--two', 'skaha-ps-a-list', 'one--two-1']);
    expect(slugOf('2. Start a [platform](x.md)')).toBe('2-start-a-platform');
  });

  test('finds links outside of code', () => {
    expect(linksOf(page)).toEqual(['a.md#b', '#one--two-1']);
  });

  test('finds blocks with the line they begin in', () => {
    expect(blocksOf(page, 'sh runnable')).toEqual([
      { code: '# no heading\n[no](link.md)', line: 4 },
    ]);
    expect(blocksOf(page, 'sh')).toEqual([]);
  });
});
