import { bar, ranges } from '@skaha/terminal/output/text.js';
import { parseEnvFile } from '@skaha/terminal/parse/env-file.js';
import fc from 'fast-check';
import { readImage } from 'skaha/internal/models/image.js';
import { readSession } from 'skaha/internal/models/session.js';
import { describe, expect, test } from 'vitest';
import { nearestImage } from '../../src/commands/create/refusal.js';
import {
  inventName,
  parseMemory,
  readCores,
  readEnvironment,
} from '../../src/commands/create/template.js';
import { byImage, orderedKinds } from '../../src/commands/image/run.js';
import { stateOptions } from '../../src/commands/options.js';
import { byStart } from '../../src/commands/session/view.js';
import { parseGoal } from '../../src/commands/session/wait.js';

const images = (...ids: string[]) =>
  ids.flatMap((id) => readImage({ id, types: ['notebook'], digest: 'sha256:ab' }) ?? []);

describe('images', () => {
  test('are ordered by project and name, latest first, then falling versions', () => {
    const sorted = images(
      ...['h.net/b/x:1', 'h.net/a/y:1.9', 'h.net/a/y:1.10', 'h.net/a/y:latest', 'a.net/z/z:1'],
    ).sort(byImage);
    expect(sorted.map(({ id }) => id)).toEqual([
      ...['a.net/z/z:1', 'h.net/a/y:latest', 'h.net/a/y:1.10', 'h.net/a/y:1.9', 'h.net/b/x:1'],
    ]);
  });

  test('list their kinds in one order, unknown ones last', () => {
    expect(orderedKinds(['zeta', 'headless', 'alpha', 'notebook'])).toEqual([
      ...['notebook', 'headless', 'alpha', 'zeta'],
    ]);
  });

  test('the nearest keeps project and tag where it can', () => {
    const known = images(
      'h.net/skaha/astroml:26.01',
      'h.net/skaha/astroml:latest',
      'h.net/x/vos:1',
    );
    expect(nearestImage('skaha/astrolm:26.01', known)).toBe('h.net/skaha/astroml:26.01');
    expect(nearestImage('skaha/astrolm:3', known)).toBe('h.net/skaha/astroml:26.01');
    expect(nearestImage('skaha/Astroml', known)).toBe('h.net/skaha/astroml:latest');
    expect(nearestImage('skaha/pulsar', known)).toBeUndefined();
  });
});

describe('sizes', () => {
  test.each([
    ['4', 4, false],
    ['4G', 4, false],
    ['4GB', 4, false],
    ['4Gi', 4, false],
    ['4gib', 4, false],
    ['4096Mi', 4, false],
    ['1500Mi', 2, true],
    ['1.5', 2, true],
    ['1T', 1024, false],
    ['0.5Ti', 512, false],
  ])('%s of memory are %d GiB, rounded: %s', (text, gibibytes, isRounded) => {
    expect(parseMemory(text)).toEqual({ gibibytes, isRounded });
  });

  test.each(['0', '0.2Gi', '512Mi', '4K', '4i', 'G', '-4', '1e3', ''])('%j is refused', (text) => {
    expect(() => parseMemory(text)).toThrow(expect.objectContaining({ code: 'command.usage' }));
  });

  test.each([
    ['2', 2],
    ['2.0', 2],
    ['2000m', 2],
  ])('%s are %d cores', (text, cores) => {
    expect(readCores(text)).toBe(cores);
  });

  test.each([
    ['1.5', 'Ask for 2'],
    ['500m', 'Ask for 1'],
    ['0', 'Ask for 1'],
    ['two', 'for example 2'],
  ])('%s cores are refused', (text, hint) => {
    expect(() => readCores(text)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(hint) }),
    );
  });

  test('ranges draw runs together', () => {
    expect(ranges([1, 2, 3, 4, 6, 8, 9])).toBe('1-4, 6, 8, 9');
    expect(ranges([])).toBe('');
  });

  test('a bar is always as long as asked', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), fc.integer({ min: 1, max: 50 }), (load, cells) => {
        expect([...bar(load, cells)]).toHaveLength(cells);
      }),
    );
    expect(bar(0.5, 4)).toBe('██░░');
  });
});

describe('variables', () => {
  test('a file of them', () => {
    const text = '# c\r\n\r\nexport A=1\nB = \'x y\' \nC="q"\nD=\nE=a=b\n';
    expect(parseEnvFile(text, 'f')).toEqual([
      ...[
        ['A', '1'],
        ['B', 'x y'],
        ['C', 'q'],
        ['D', ''],
        ['E', 'a=b'],
      ],
    ]);
  });

  test('a bad line is named, but not shown: it may hold a secret', () => {
    expect(() => parseEnvFile('A=1\nhunter2\n', 'vars')).toThrow(
      'Line 2 of vars is not KEY=VALUE.',
    );
  });

  test('an option without a name', async () => {
    const read = { readBytes: async () => new Uint8Array() };
    const given = { env: ['=x'], envFile: [] };
    await expect(readEnvironment({ env: {} }, read, given)).rejects.toMatchObject({
      code: 'command.usage',
    });
  });
});

test('made-up names are one word that the platform takes', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999_999, noNaN: true }), (random) => {
      expect(inventName(random)).toMatch(/^[a-z]{3,13}$/);
    }),
  );
});

test.each([
  ['Running', { until: 'running' }],
  ['ready', { until: 'running' }],
  ['finished', { until: 'finished' }],
  ['deleted', { until: 'deleted' }],
  ['status=Odd', { until: { status: 'Odd' } }],
])('wait --for %s', (text, goal) => {
  expect(parseGoal(text)).toEqual(goal);
});

test('wait takes every state that its help names', () => {
  const states = stateOptions.for.help
    .replace('STATUS', 'Odd')
    .split(/[\s,()]+/)
    .filter((word) => word !== '' && word !== 'or');
  expect(states).toHaveLength(6);
  for (const state of states) expect(() => parseGoal(state)).not.toThrow();
});

test('wait --for constructor is refused', () => {
  expect(() => parseGoal('constructor')).toThrow("'constructor' is not something to wait for.");
});

test('sessions are ordered by start, then by the number in their name; waiting ones last', () => {
  const session = (name: string, startTime?: string) => readSession({ id: name, name, startTime });
  const sorted = [
    session('waiting'),
    session('r-10', '2026-01-01T00:00Z'),
    session('r-9', '2026-01-01T00:00Z'),
    session('first', '2025-12-31T00:00Z'),
  ].sort(byStart);
  expect(sorted.map(({ name }) => name)).toEqual(['first', 'r-9', 'r-10', 'waiting']);
});
