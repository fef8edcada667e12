import { expect, test } from 'vitest';
import { mask } from '../src/redact.js';
import { withoutSecrets } from '../src/secrets-in-text.js';

test.each([
  ['a known one', 'it is hunter22, twice: hunter22', `it is ${mask}, twice: ${mask}`],
  ['a header', 'Authorization: Bearer abcdefghijkl', `Authorization: Bearer ${mask}`],
  ['a login in an address', 'https://ada:pw@example.org/x', `https://${mask}@example.org/x`],
  ['a grant of storage', 'GET /files/preauth:abc.def/x', `GET /files/preauth:${mask}/x`],
  ['a setting', 'DB_PASSWORD=correct-horse', `DB_PASSWORD=${mask}`],
  ['the end of a key', 'MIIabc=\n-----END RSA PRIVATE KEY-----', mask],
  ['nothing', 'tokens: 512, passes: 3', 'tokens: 512, passes: 3'],
])('left out of a text: %s', (_what, text, clean) => {
  expect(withoutSecrets(text, ['hunter22'])).toBe(clean);
});

test('every text of a document is looked at, however deep', () => {
  const document = { log: ['x', { line: 'SECRET=abcdef' }], size: 3, none: null };
  expect(withoutSecrets(document, [])).toEqual({
    log: ['x', { line: `SECRET=${mask}` }],
    size: 3,
    none: null,
  });
});
