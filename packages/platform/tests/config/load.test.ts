import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataLayout } from '@skaha/service/data.js';
import { sessionKinds } from '@skaha/wire/kinds.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { commentedDefaults } from '../../src/config/commented-defaults.js';
import { loadConfig, readConfig } from '../../src/config/load.js';
import { settle } from '../../src/config/settings.js';
import { temporaryDirectory } from '../fixtures.js';

function load(text: string) {
  const layout = dataLayout(temporaryDirectory());
  writeFileSync(layout.config, text);
  return loadConfig(layout, undefined);
}

const message = (text: string | Parameters<typeof loadConfig>[1]): string => {
  const layout = dataLayout(temporaryDirectory());
  try {
    if (typeof text === 'string') writeFileSync(layout.config, text);
    loadConfig(layout, typeof text === 'string' ? undefined : text);
    return 'accepted';
  } catch (error) {
    expect(error).toMatchObject({ name: 'SkahaError', code: 'config.invalid' });
    expect(error).toHaveProperty('hint', expect.stringContaining('Correct the file'));
    return error instanceof Error ? error.message.replace(layout.config, 'FILE') : '';
  }
};

test('there is an image for every kind by default', () => {
  const types = settle({}).images.flatMap((image) => image.types);
  expect(new Set(types)).toEqual(new Set(sessionKinds));
});

describe('the file', () => {
  test('the first start writes it, with every key explained and nothing changed', () => {
    const layout = dataLayout(temporaryDirectory());
    expect(settle(loadConfig(layout, undefined))).toEqual(settle({}));
    expect(readFileSync(layout.config, 'utf8')).toBe(commentedDefaults);
    // What was never changed is not parsed, and says the same.
    expect(readConfig(`${commentedDefaults}\n`, 'a')).toEqual(readConfig(commentedDefaults, 'a'));
    expect(loadConfig(layout, undefined)).toEqual({ version: 1 });
  });

  test('its examples are valid when they are uncommented, and are the defaults', () => {
    const active = commentedDefaults
      .replace(/^# (?=[ a-z]+:| {2})/gm, '')
      .replace(/^# (?= )/gm, '');
    const lines = active.split('\n').filter((line) => !/^#/.test(line) && !/^[A-Z]/.test(line));
    const config = parse(lines.join('\n'));
    expect(Object.keys(config)).toEqual(expect.arrayContaining(['limits', 'capacity', 'images']));
    expect(message(config)).toBe('accepted');
    expect(settle(config)).toEqual(settle({}));
  });

  test('a path given is read, and the one in the data directory is not written', () => {
    const layout = dataLayout(join(temporaryDirectory(), 'data'));
    const path = join(temporaryDirectory(), 'mine.yaml');
    writeFileSync(path, 'limits: { maxInteractiveSessions: 2 }\n');
    expect(settle(loadConfig(layout, path)).limits.maxInteractiveSessions).toBe(2);
    expect(existsSync(layout.config)).toBe(false);
    expect(() => loadConfig(layout, '/nothing/here.yaml')).toThrow(
      'Cannot read the platform configuration /nothing/here.yaml: there is no such file.',
    );
  });

  test('an empty file means the defaults', () => {
    expect(load('')).toEqual({});
  });

  test.each([
    [
      'limits:\n  cores: 3',
      'The platform configuration FILE is not valid: limits.cores: expected object.',
    ],
    ['limitz: {}', 'The platform configuration FILE is not valid: unknown key limitz.'],
    [
      'limits: { core: {} }',
      'The platform configuration FILE is not valid: unknown key limits.core.',
    ],
    [
      'lifetimes: { stopGraceMs: -1 }',
      'The platform configuration FILE is not valid: lifetimes.stopGraceMs: must be at least 0.',
    ],
    [
      'lifetimes: { headlessSeconds: 1.5 }',
      'The platform configuration FILE is not valid: lifetimes.headlessSeconds: expected int.',
    ],
    [
      'capacity: { cores: many }',
      'The platform configuration FILE is not valid: capacity.cores: has a value that is not allowed.',
    ],
    [
      'users: [{ name: "No Body" }]',
      'The platform configuration FILE is not valid: users.0.name: does not have the form this key needs.',
    ],
    [
      'images: [{ id: nohost, types: [] }]',
      'The platform configuration FILE is not valid: images.0.id: does not have the form this key needs.',
    ],
    ['version: 2', 'The platform configuration FILE is not valid: version: expected 1.'],
    ['- a list', 'The platform configuration FILE is not valid: the document: expected object.'],
  ])('%j is refused', (text, words) => {
    expect(message(text)).toBe(words);
  });

  test('what is no YAML is refused with its line', () => {
    expect(message('users:\n  - { name: x\nlimits: }')).toMatch(
      /^The platform configuration FILE is not valid YAML at line \d: /,
    );
  });

  test.each([': ', '[', '- '])('thousands of %j within each other are refused', (word) => {
    expect(message(word.repeat(60_000))).toMatch(
      /^The platform configuration FILE is (?:nested too deeply\.|not valid YAML at line 1: )/,
    );
  });

  test('S26: bytes that are no text, a directory, a giant and a bomb are refused', () => {
    const layout = dataLayout(temporaryDirectory());
    writeFileSync(layout.config, Buffer.from([0xff, 0xfe, 0x00]));
    expect(() => loadConfig(layout, undefined)).toThrow('it is not UTF-8 text');
    writeFileSync(layout.config, `# ${'x'.repeat(1_100_000)}`);
    expect(() => loadConfig(layout, undefined)).toThrow('is too large');
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de'].map((pair) => [...pair])) {
      bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(',')}]`);
    }
    writeFileSync(layout.config, bomb.join('\n'));
    expect(() => loadConfig(layout, undefined)).toThrow('uses too many aliases');
    mkdirSync(join(layout.root, 'directory'));
    expect(() => loadConfig(layout, join(layout.root, 'directory'))).toThrow('Cannot read');
  });
});

describe('the settings', () => {
  test('limits follow the capacity: nothing on offer can never be had', () => {
    const { limits } = settle({ capacity: { cores: 3, memoryGiB: 10 } });
    expect(limits.cores).toEqual({
      default: 1,
      defaultLimit: 3,
      options: [1, 2, 3],
      defaultRequest: 1,
    });
    expect(limits.memoryGiB.options).toEqual([1, 2, 4, 6, 8, 10]);
    expect(settle({ capacity: { cores: 0.5, memoryGiB: 0.5 } }).limits.cores).toMatchObject({
      options: [1],
      defaultRequest: 0.5,
    });
  });

  test('what is given counts', () => {
    const settings = settle({
      limits: { cores: { default: 2, options: [2, 4] }, gpus: [1] },
      compatibility: { anonymousStatus: 400 },
      users: [{ name: 'guest', uid: 7, groups: [8], access: false }],
      images: [{ id: 'h/p/i:1', types: ['odd'] }],
    });
    expect(settings.limits.cores).toMatchObject({ default: 2, options: [2, 4] });
    expect(settings.limits.gpus).toEqual([1]);
    expect([...settings.oddities]).toEqual(['anonymous-400']);
    expect(settings.users[0]).toMatchObject({ name: 'guest', uid: 7, groups: [8], access: false });
    expect(settings.images[0]?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});
