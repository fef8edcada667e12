import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitMeanings, exitStatuses } from '../../packages/skaha/src/cli/exit.js';
import { environmentVariables } from '../../packages/skaha/src/config/environment.js';
import { root } from '../lib/root.mjs';
import { findFiles, readText } from '../lib/sources.mjs';

/** Rows of the tables of a page, cell by cell, without the marks of code. */
const rows = (page: string) =>
  readText(root, page)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );

describe('the documentation', () => {
  test('lists every error code with the exit code it leads to', () => {
    const documented = rows('docs/errors.md').filter(([code]) => /^[a-z_.]+$/.test(code ?? ''));
    const table = documented.filter(([code]) => code !== 'code');

    expect(Object.fromEntries(table.map(([code, exit]) => [code, Number(exit)]))).toEqual(
      exitStatuses,
    );
    expect(table.every(([, , meaning]) => (meaning ?? '').length > 0)).toBe(true);
  });

  test('lists every exit code', () => {
    const documented = rows('docs/command-line.md')
      .map(([code]) => Number(code))
      .filter((code) => !Number.isNaN(code));

    expect(documented).toEqual(Object.keys(exitMeanings).map(Number));
  });

  test('names only variables that are read', () => {
    const documented = rows('docs/configuration.md')
      .flatMap(([names]) => (names ?? '').split(', '))
      .filter((name) => name.startsWith('SKAHA_'));
    const read = environmentVariables.map(({ name }) => name);

    expect(documented.length).toBeGreaterThan(8);
    expect(documented.filter((name) => !read.includes(name))).toEqual([]);
  });

  const pages = findFiles(root, (path) => path.endsWith('.md'));

  test.each(pages)('%s links only to what exists', (page) => {
    const targets = [...readText(root, page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^(https?:|mailto:|#)/.test(target));
    const missing = targets.filter((target) => {
      return !existsSync(join(root, dirname(page), target.replace(/#.*$/, '')));
    });

    expect(missing).toEqual([]);
  });
});
