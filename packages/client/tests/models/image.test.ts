import fc from 'fast-check';
import { completeImage, parseImageReference } from 'skaha';
import { describe, expect, test } from 'vitest';
import { readImage } from '../../src/models/image.js';

const digest = `sha256:${'5b'.repeat(32)}`;
const complete = (text: string, registry?: string) => {
  const reference = parseImageReference(text);
  return reference === undefined ? undefined : completeImage(reference, registry);
};

describe('image references', () => {
  test.each([
    ['skaha/astroml', 'images.canfar.net/skaha/astroml:latest'],
    ['skaha/astroml:v1', 'images.canfar.net/skaha/astroml:v1'],
    ['images.canfar.net/skaha/astroml', 'images.canfar.net/skaha/astroml:latest'],
    [`skaha/astroml@${digest}`, `images.canfar.net/skaha/astroml@${digest}`],
    [`skaha/astroml:v1@${digest}`, `images.canfar.net/skaha/astroml:v1@${digest}`],
    ['ubuntu', 'images.canfar.net/ubuntu:latest'],
    ['docker.io/library/ubuntu:22.04', 'docker.io/library/ubuntu:22.04'],
    ['docker.io/ubuntu', 'docker.io/ubuntu:latest'],
    ['localhost:5000/img', 'localhost:5000/img:latest'],
    ['localhost/img', 'localhost/img:latest'],
    ['images.canfar.net/astroml', 'images.canfar.net/astroml:latest'],
    ['a/b/c', 'images.canfar.net/a/b/c:latest'],
    ['a/b/c/d:1', 'images.canfar.net/a/b/c/d:1'],
  ])('%s becomes %s', (text, whole) => {
    expect(complete(text)).toBe(whole);
  });

  test.each([
    '',
    '/skaha/x',
    'skaha/',
    ' skaha/x',
    'skaha/x ',
    'skaha//x',
    'Skaha/X',
    'skaha/x:',
    'skaha/x:-tag',
    `skaha/x:${'t'.repeat(129)}`,
    'skaha/x@sha256:abc',
    `skaha/x@${digest}@${digest}`,
    'h.example:port/x',
    '-h.example/x',
    'a/../b',
    'a b/c',
    'a__-b/c',
    'x'.repeat(2000),
  ])('%j is none', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });

  const word = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/);
  const registry = fc.constantFrom('images.canfar.net', 'localhost:5000', 'a-b.example.org');
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
  const hash = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);

  test('every well-formed reference is taken apart and put together again', () => {
    const option = { nil: undefined };
    fc.assert(
      fc.property(
        registry,
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.option(tag, option),
        fc.option(hash, option),
        (host, parts, name, hashed) => {
          const repository = parts.join('/');
          const text = `${host}/${repository}${name ? `:${name}` : ''}${hashed ? `@${hashed}` : ''}`;
          const reference = { registry: host, repository, tag: name, digest: hashed };
          expect(parseImageReference(text)).toEqual(reference);
          const isMarked = name !== undefined || hashed !== undefined;
          expect(completeImage(reference)).toBe(isMarked ? text : `${text}:latest`);
        },
      ),
    );
  });

  test('completing is done after the first time, and any text is answered', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:/@.]{1,20}$/)), (text) => {
        const once = complete(text);
        if (once !== undefined) expect(complete(once)).toBe(once);
      }),
    );
  });
});

describe('images of the catalogue', () => {
  test('are taken apart', () => {
    const raw = {
      id: 'images.canfar.net/skaha/deep/astroml:26.07',
      types: ['notebook', 3, 'odd'],
      digest,
      novelty: 1,
    };
    expect(readImage(raw)).toEqual({
      id: raw.id,
      registry: 'images.canfar.net',
      project: 'skaha',
      name: 'deep/astroml',
      tag: '26.07',
      types: ['notebook', 'odd'],
      digest,
      raw,
    });
  });

  test('are kept when their name is odd, dropped without one', () => {
    expect(readImage({ id: 'Not A Reference' })).toMatchObject({
      id: 'Not A Reference',
      registry: undefined,
      types: [],
    });
    expect(readImage({ types: [] })).toBeUndefined();
    expect(readImage('x')).toBeUndefined();
  });
});
