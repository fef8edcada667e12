import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { discard, formType, openPlatform, roomy, send } from '../fixtures.js';

// The services that give out identities, asked for anything: never an answer of a server that broke
// down, never a word of its insides, and never a credential for somebody who proved nothing.

let platform: Platform;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-identity-fuzz-'));
  platform = await openPlatform({ data, port: 0, user: 'adastra', config: roomy });
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'adastra', 'guest', '..', '\0', '{}', 'A'.repeat(2_000), '-1', '1e9'),
);

const names = [
  ...['grant_type', 'client_id', 'client_secret', 'device_code', 'refresh_token', 'code', 'token'],
  ...['username', 'password', 'user_code', 'scope', 'redirect_uri', 'response_type', 'daysValid'],
  ...['xsrf', 'confirm', 'code_challenge', 'state'],
];

const values = fc.oneof(
  text,
  fc.constantFrom(
    ...['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token', 'authorization_code'],
    ...['openid profile offline_access', 'code', 'https://127.0.0.1/'],
  ),
);

const pairs = fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 6 });

const credential = fc.oneof(
  fc.constant({}),
  text.map((word) => ({ authorization: `Basic ${Buffer.from(word).toString('base64')}` })),
  text.map((word) => ({ authorization: `Bearer ${encodeURIComponent(word)}` })),
  text.map((word) => ({ cookie: `CADC_SSO=${encodeURIComponent(word)}; _session=x` })),
);

const paths = [
  ...['/cred/generate', '/cred/capabilities', '/ac/login', '/ac/whoami', '/ac/search'],
  ...['/reg/resource-caps', '/reg/capabilities', '/reg/availability'],
  ...['/srcnet/reg/resource-caps', '/.well-known/openid-configuration', '/authorize', '/device'],
  ...['/devicecode', '/jwk', '/iam/api/client-registration', '/revoke', '/token', '/userinfo'],
  ...['/interaction/x', '/arc/capabilities', '/cavern/availability', '/cred/x', '/ac/x'],
];

test.each(paths)('%s', async (path) => {
  const request = fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const, 'DELETE' as const, 'PUT' as const),
    query: pairs,
    body: pairs,
    json: fc.boolean(),
    credential,
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, query, body, json, credential: headers }) => {
      const type = json ? { 'content-type': 'application/json' } : formType;
      const answer = await send(platform, method, `${path}?${new URLSearchParams(query)}`, {
        token: null,
        headers: { ...type, ...headers },
        body: json ? JSON.stringify(Object.fromEntries(body)) : `${new URLSearchParams(body)}`,
      });
      expect(answer.status).toBeLessThan(500);
      expect(answer.body).not.toMatch(/node:internal|\bat .*\.[jt]s:\d+|BEGIN (?:CERT|PRIV)/);
      expect(answer.headers['x-vo-authenticated']).toBeUndefined();
    }),
    { numRuns: 15, timeout: 20_000 },
  );
});
