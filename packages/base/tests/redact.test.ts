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

const names = (text: string) => text.trim().split(/\s+/);

test.each(
  names(`
    PASS pass DB_PASS dbPass DBPASS sshpass SSHPASS userpass2 PASS1 PASSWORD password PGPASSWORD
    DBPassword my-password passWord PaSsWoRd PASSWD MYSQL_PASSWD htpasswd PASSPHRASE passphrase
    ssh.passphrase passcode PGPASSFILE passhash MOT_DE_PASSE MYSQL_PWD dbPwd bandPass SECRET
    clientSecret AWS_SECRET_ACCESS_KEY MYSECRET SECRET_ARN Token GITHUB_TOKEN GITHUBTOKEN
    accessToken OAuth2Token TOKEN_ISSUER API_KEY apikey apiKey APIKey X-Api-Key SSHKEY
    signingKey KEY keys privateKey PRIVATE CREDENTIALS awsCredential session_cookie COOKIES
    access Refresh BYPASS_TOKEN compassPassword TOKENIZER_TOKEN
  `),
)('the name %s says that its value is secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(
  names(`
    passive BYPASS bypassCache COMPASS COMPASS_ANGLE encompassed passivation BANDPASS bandpasses
    PASSBAND lowpassHz HIGHPASS2 multipass N_PASSES PASSED passing passenger_count passport
    passthrough OVERPASS_URL trespass TOKENIZER TOKENIZERS_PARALLELISM tokenise secretary
    secretariat ALPHA accessibility access_log refreshInterval KEYWORD monkey KEYBOARD PWD
    OLDPWD PATH
  `),
)('the name %s does not', (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.each(['', '_', '42'])('the name "%s" does not', (name) => {
  expect(isSecretName(name)).toBe(false);
});

test('in whatever way a name of two words is written, it is judged alike', () => {
  const word = fc.constantFrom('db', 'ssh', 'my', 'band', 'user', 'old', 'n');
  const secret = fc.constantFrom(
    'password',
    'passwd',
    'passphrase',
    'secret',
    'token',
    'credential',
  );
  fc.assert(
    fc.property(word, secret, (first, second) => {
      const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
      const written = [
        `${first}_${second}`,
        `${first}-${second}`,
        `${first}${second}`,
        `${first}${capital(second)}`,
        `${capital(first)}${capital(second)}`,
        `${first}${second.toUpperCase()}`,
      ];
      for (const name of [...written, ...written.map((one) => one.toUpperCase())]) {
        expect([name, isSecretName(name)]).toEqual([name, true]);
      }
    }),
  );
});
