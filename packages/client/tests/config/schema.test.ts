import { expect, test } from 'vitest';
import { validate } from '../../src/config/validate.js';

const head = { schema: 'skaha', version: 1 };

const whole = {
  ...head,
  active: 'canfar',
  contexts: { canfar: { server: 'canfar', credential: 'cadc' } },
  servers: {
    canfar: {
      uri: 'ivo://cadc.nrc.ca/skaha',
      url: 'https://ws.example.org/skaha',
      version: 'v1',
      auths: ['x509', 'oidc'],
      provider: 'cadc',
      defaults: { cores: 1, memory: 0.5, gpus: 0 },
      limits: {
        fixed: { cores: { min: 1, max: 16 }, memory: { min: 0.5, max: 192 } },
        gpus: { min: 0, max: 4 },
        sessions: 5,
        read: '2026-11-29T23:34:06.216Z',
      },
      storage: { arc: { uri: 'ivo://cadc.nrc.ca/arc', url: 'https://ws.example.org/arc' } },
      ca: '/ca.pem',
      socket: '/api.sock',
      insecure: false,
    },
  },
  credentials: {
    cadc: { mode: 'x509', path: '/cadcproxy.pem', managed: true },
    file: { mode: 'token', path: '/token' },
    text: { mode: 'token', access: 'secret' },
    srcnet: {
      mode: 'oidc',
      provider: 'srcnet',
      issuer: 'https://idp.example.org/',
      token: { access: 'a', refresh: null, token_type: 'Bearer' },
      expiry: { access: 1_786_000_000 },
      endpoints: { token: 'https://idp.example.org/token' },
      client: { identity: 'skaha', secret: 'secret' },
    },
  },
  registries: { 'images.example.org:5000': { username: 'ada', secret: 'secret' } },
  providers: {
    own: { mode: 'oidc', name: 'Own', registry: ['https://reg.example.org'], development: true },
  },
  console: { banner: true, color: 'never', width: 100 },
  aliases: { mine: 'ps --all' },
  secrets: { storage: 'keyring' },
};

test('what is right stays as it is', () => {
  expect(validate(whole)).toEqual(whole);
});

test('keys stand in the order of the schema, unknown ones at the end', () => {
  const entry = { wonder: 1, credential: 'c', server: 's' };
  expect(
    JSON.stringify(validate({ future: [], contexts: { a: entry }, version: 1, schema: 'skaha' })),
  ).toBe(
    '{"schema":"skaha","version":1,"contexts":{"a":{"server":"s","credential":"c","wonder":1}},"servers":{},"credentials":{},"registries":{},"console":{},"future":[]}',
  );
});

const server = (entry: object) => ({ servers: { s: entry } });
const credential = (entry: object) => ({ credentials: { c: entry } });
const provider = (entry: object) => ({
  providers: { p: { mode: 'x509', registry: 'https://reg.example.org', ...entry } },
});

test.each<[message: string, path: string, root: object]>([
  ['must be a map', 'contexts', { contexts: [] }],
  ['must be a map with server and credential', 'contexts.a', { contexts: { a: 'b' } }],
  ['must be text', 'contexts.a.server', { contexts: { a: { credential: 'c' } } }],
  ['must not be empty', 'active', { active: '' }],
  ['must be an http or https URL without user, query or #', 'servers.s.url', server({ url: 'x' })],
  ['must look like v1', 'servers.s.version', server({ version: '1' })],
  ['must be a list of text', 'servers.s.auths', server({ auths: 'x509' })],
  ['must be text', 'servers.s.auths.1', server({ auths: ['x509', 1] })],
  [
    'is missing or of the wrong type',
    'servers.s.defaults.gpus',
    server({ defaults: { cores: 1, memory: 1 } }),
  ],
  ['must be a whole number', 'servers.s.limits.sessions', server({ limits: { sessions: 1.5 } })],
  ['must be at least 1', 'servers.s.limits.sessions', server({ limits: { sessions: 0 } })],
  ['must be a map with url', 'servers.s.storage.arc', server({ storage: { arc: 1 } })],
  [
    'must not have an entry without a name',
    'servers.s.storage',
    server({ storage: { '': { url: 'u' } } }),
  ],
  ['must be true or false', 'servers.s.insecure', server({ insecure: 'yes' })],
  ['must be x509, token or oidc', 'credentials.c', { credentials: { c: 1 } }],
  ['must be x509, token or oidc', 'credentials.c.mode', credential({ mode: 'toString' })],
  [
    'must have either path or access',
    'credentials.c',
    credential({ mode: 'token', path: 'p', access: 'a' }),
  ],
  [
    'must be a number',
    'credentials.c.expiry.access',
    credential({ mode: 'oidc', expiry: { access: 'x' } }),
  ],
  [
    'must have at most 255 characters',
    'registries.h.username',
    { registries: { h: { username: 'u'.repeat(256), secret: 's' } } },
  ],
  ['must be a map with username and secret', 'registries.h', { registries: { h: null } }],
  ['must be x509 or oidc', 'providers.p.mode', provider({ mode: 'token' })],
  ['must be a URL or a list of URLs', 'providers.p.registry', provider({ registry: ['a', 1] })],
  ['must not be empty', 'providers.p.registry.0', provider({ registry: [''] })],
  ['must be auto, always or never', 'console.color', { console: { color: 'purple' } }],
  ['must be file or keyring', 'secrets.storage', { secrets: { storage: 'cloud' } }],
  [
    'must be a host name, with a port if needed',
    'registries.-h',
    { registries: { '-h': { username: 'u', secret: 's' } } },
  ],
])('%s: %s', (message, path, root) => {
  const problems = validate({ ...head, ...root });
  expect(problems).toEqual([{ path: expect.anything(), message }]);
  expect(Array.isArray(problems) && problems.map((problem) => problem.path.join('.'))).toEqual([
    path,
  ]);
});
