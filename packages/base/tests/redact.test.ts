import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';
import { firstLine, isSecretName, repeats, safeUrl } from '../src/redact.js';

test('S7: an address that is logged has no user, query or fragment', () => {
  expect(safeUrl('https://u:hush@h.org:8443/a/b?token=hush#hush')).toBe('https://h.org:8443/a/b');
  expect(safeUrl('hush')).toBe('<invalid url>');
});

test('S10: whatever a server sends becomes one short line that does nothing to a terminal', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\u001b[2J', '\u009b1m', '\r\n', '\u202e', '\u2028', '\u0000', '\u200b'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const shown = firstLine(pieces.join(''));
      expect(shown.length).toBeLessThanOrEqual(200);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('S6: a repeated secret is noticed, also the beginning of one that was cut off', () => {
  expect(repeats('said abcdefghijklmnopqrst', ['abcdefghijklmnopqrstuvwxyz'])).toBe(true);
  expect(repeats('said x', ['x'])).toBe(true);
  expect(repeats('said nothing', ['', undefined, 'secret'])).toBe(false);
});

test('S18: a pause longer than a timer can count does not end at once', async () => {
  const stop = new AbortController();
  const long = systemClock.sleep(2 ** 40, stop.signal).then(
    () => 'over',
    () => 'stopped',
  );
  const first = await Promise.race([long, systemClock.sleep(20).then(() => 'still waiting')]);
  expect(first).toBe('still waiting');
  stop.abort();
  expect(await long).toBe('stopped');
});

test.each([
  'API_KEY',
  'apikey',
  'DB_PASS',
  'passphrase',
  'Token',
  'privateKey',
  'access',
  'Refresh',
])('the name %s says that its value is secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(['ALPHA', 'accessibility', 'refreshInterval', 'KEYWORD'])(
  'the name %s does not',
  (name) => {
    expect(isSecretName(name)).toBe(false);
  },
);
