import { expect, test } from 'vitest';
import { runSkaha } from '../harness.js';

test.each([
  [['stop', 'fit'], 'skaha delete SESSION'],
  [['kill', 'fit'], 'skaha delete SESSION'],
  [['describe', 'fit'], 'skaha info SESSION'],
  [['inspect', 'fit'], 'skaha info SESSION'],
  [['cp', 'a', 'arc:/b'], 'skaha data cp'],
  [['data', 'size', 'arc:/b'], 'skaha data info PLACE'],
  [['data', 'test', '-e', 'arc:/b'], 'skaha data info PLACE'],
  [['data', 'unlink', 'arc:/b'], 'skaha data rm PLACE'],
  [['image', 'search', 'astro'], 'skaha image ls'],
  [['get', 'sessions'], 'skaha ps'],
  [['ls', 'pods'], 'skaha ps'],
  [['ps', '--type', 'notebook'], "'--kind'"],
  [['create', '--type', 'notebook'], 'skaha create KIND'],
  [['create', 'notebook', '-v', '/data:/data'], 'skaha data cp'],
  [['create', 'notebook', '--volume', './here:/there'], 'skaha data cp'],
  [['create', 'notebook', '--volume=./here:/there'], 'skaha data cp'],
])('%j is refused with the right words', async (argv, words) => {
  const result = await runSkaha(argv);
  expect(result).toMatchObject({ status: 2, stdout: '' });
  expect(result.stderr).toContain(words);
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(2);
});

test('a word that looks like a habit and is none stays what it is', async () => {
  const result = await runSkaha([
    'create',
    'notebook',
    '-v',
    'skaha/astroml:latest',
    '--cores',
    'x',
  ]);
  expect(result.stderr).not.toContain('mounted');
});
