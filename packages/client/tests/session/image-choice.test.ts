import { expect, test } from 'vitest';
import { readImage } from '../../src/models/image.js';
import { imageKinds, usualImage } from '../../src/session/image-choice.js';

const images = (types: readonly string[], ...ids: string[]) =>
  ids.flatMap((id) => readImage({ id, types, digest: 'sha256:ab' }) ?? []);

test('the usual image of a kind is the latest, then any of its name, then any of its kind', () => {
  const tagged = images(['notebook'], 'h.net/skaha/other:1', 'h.net/skaha/astroml:26.01');
  expect(usualImage('notebook', tagged)).toBe('h.net/skaha/astroml:26.01');
  const latest = [...tagged, ...images(['notebook'], 'h.net/skaha/astroml:latest')];
  expect(usualImage('notebook', latest)).toBe('h.net/skaha/astroml:latest');
  expect(usualImage('notebook', tagged.slice(0, 1))).toBe('h.net/skaha/other:1');
  expect(usualImage('carta', tagged)).toBeUndefined();
});

test('the kinds of an image are those of all registries that are meant', () => {
  const offered = [
    ...images(['notebook', 'headless'], 'h.net/skaha/astroml:latest'),
    ...images(['headless', 'desktop-app'], 'i.net/skaha/astroml:latest'),
    ...images(['carta'], 'h.net/skaha/astroml:1'),
  ];
  expect(imageKinds('skaha/astroml', offered)).toEqual(['notebook', 'headless', 'desktop-app']);
  expect(imageKinds('h.net/skaha/astroml:latest', offered)).toEqual(['notebook', 'headless']);
  expect(imageKinds('skaha/astroml:1', offered)).toEqual(['carta']);
  expect(imageKinds('skaha/unknown', offered)).toBeUndefined();
});
