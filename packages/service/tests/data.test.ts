import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../scripts/tests/temporary-directory.js';
import {
  dataLayout,
  defaultDataDirectory,
  isDataDirectory,
  platformLogFile,
  prepareData,
  removeData,
} from '../src/data.js';

test('the default directory follows the XDG convention', () => {
  onTestFinished(() => {
    delete process.env['XDG_DATA_HOME'];
  });
  expect(defaultDataDirectory()).toBe(`${process.env['HOME']}/.local/share/skaha/platform`);
  process.env['XDG_DATA_HOME'] = '/somewhere';
  expect(defaultDataDirectory()).toBe('/somewhere/skaha/platform');
  expect(platformLogFile()).toBe('/somewhere/skaha/platform/platform.log');
  process.env['XDG_DATA_HOME'] = 'relative';
  expect(defaultDataDirectory()).toContain('/.local/share/');
});

test('S30: what is private is open to the owner only', () => {
  const layout = dataLayout(join(temporaryDirectory(), 'new', 'data'));
  prepareData(layout);
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect([layout.root, layout.secrets, layout.sessions, layout.scratch].map(mode)).toEqual([
    0o700, 0o700, 0o700, 0o700,
  ]);
  replaceFileSync(join(layout.secrets, 'x'), 'y');
  expect(mode(join(layout.secrets, 'x'))).toBe(0o600);
});

describe('a directory that cannot be used', () => {
  test('one with other things in it is left alone', () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'thesis.tex'), '');
    expect(() => prepareData(dataLayout(root))).toThrow(
      expect.objectContaining({
        code: 'platform.storage',
        message: `The directory ${root} is not empty and was not made by a platform.`,
      }),
    );
    expect(readdirSync(root)).toEqual(['thesis.tex']);
  });

  test('one that another platform makes at the same moment is not foreign', () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, '..skaha-platform.4711.new'), '');
    prepareData(dataLayout(root));
    expect(isDataDirectory(dataLayout(root))).toBe(true);
  });

  test('one that is a file, or below one, is refused in words', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'data')]) {
      expect(() => prepareData(dataLayout(path))).toThrow(
        expect.objectContaining({
          code: 'platform.storage',
          message: `Cannot use the data directory ${path}: a file is where a directory should be.`,
        }),
      );
    }
  });

  test('one where nothing can be written is refused in words', () => {
    expect(() => prepareData(dataLayout('/proc/self/skaha'))).toThrow(
      expect.objectContaining({ code: 'platform.storage' }),
    );
  });
});

test('removing takes what a platform made, and nothing else', () => {
  const layout = dataLayout(temporaryDirectory());
  prepareData(layout);
  writeFileSync(join(layout.root, 'notes.txt'), 'mine');
  for (const name of ['platform.log.12', 'skaha.db.v1']) writeFileSync(join(layout.root, name), '');
  mkdirSync(layout.home('adastra'));
  removeData(layout);
  expect(readdirSync(layout.root)).toEqual(['notes.txt']);
  const empty = dataLayout(join(temporaryDirectory(), 'data'));
  prepareData(empty);
  removeData(empty);
  expect(existsSync(empty.root)).toBe(false);
});
