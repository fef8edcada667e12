import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  appName,
  isHostname,
  jobName,
  labelFault,
  newIdentifier,
  storedName,
} from '../../src/sessions/naming.js';

test('identifiers have the length asked for, begin with a letter and use a-z and 0-9', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
      const id = newIdentifier(8, (bound) => (numbers.next().value ?? 0) % bound);
      expect(id).toMatch(/^[a-z][a-z0-9]{7}$/);
    }),
  );
  expect(newIdentifier(3)).toMatch(/^[a-z][a-z0-9]{2}$/);
});

test('any name the API takes is stored as a label: lower case, at most 63, no trailing hyphen', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,80}$/), (name) => {
      const stored = storedName(name);
      expect(stored).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
      expect(name.toLowerCase().startsWith(stored)).toBe(true);
    }),
  );
});

test.each([
  ['images.canfar.net/skaha/terminal:1.1.2', 'terminal-1-1-2'],
  ['plain', 'plain'],
  ['host/a/My_App:V1', 'my-app-v1'],
])('the app of image %s is named %s', (image, name) => {
  expect(appName(image)).toBe(name);
});

test('label faults are those of the cluster', () => {
  expect(labelFault('canfar.net/id', 'ab12cd34')).toBeUndefined();
  expect(labelFault('canfar.net/id', '')).toBeUndefined();
  expect(labelFault('canfar.net/id', 'a b')).toBe(
    'canfar.net/id label value must match Kubernetes label value syntax',
  );
  expect(labelFault('canfar.net/id', 'a'.repeat(64))).toContain('exceeds 63 characters');
});

test.each([
  ['a', true],
  ['a-b', true],
  ['a-', false],
  ['-a', false],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
])('%s as a host name: %s', (name, good) => {
  expect(isHostname(name)).toBe(good);
});

test('job names hold only what a cluster allows', () => {
  expect(jobName('headless', 'ad.astra', 'ab12cd34')).toBe('skaha-headless-ad-astra-ab12cd34');
});
