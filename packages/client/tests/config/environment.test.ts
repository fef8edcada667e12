import { describe, expect, test } from 'vitest';
import { environmentVariables, readEnvironment } from '../../src/config/environment.js';
import { ValidationError } from '../../src/errors/index.js';

test('SKAHA_ comes before CANFAR_, empty counts as unset, times become milliseconds', () => {
  expect(
    readEnvironment({
      SKAHA_URL: 'https://a.org/skaha',
      CANFAR_URL: 'https://b.org/skaha',
      SKAHA_TIMEOUT: '',
      CANFAR_TIMEOUT: '45',
      SKAHA_CONCURRENCY: '8',
      CANFAR_LOGLEVEL: 'debug',
      SKAHA_CONTEXT: ' local ',
      SKAHA_CA: '/ca.pem',
    }),
  ).toMatchObject({
    url: 'https://a.org/skaha',
    timeoutMs: 45_000,
    concurrency: 8,
    logLevel: 'debug',
    context: 'local',
    ca: '/ca.pem',
    warnings: [],
  });
});

test('credentials are one group: ours are not mixed with those of the Python client', () => {
  expect(readEnvironment({ CANFAR_TOKEN: 't', CANFAR_CERTIFICATE: '/c' })).toMatchObject({
    token: 't',
    certificate: '/c',
  });
  const mixed = readEnvironment({ SKAHA_CERTIFICATE: '/c', CANFAR_TOKEN: 't' });
  expect(mixed.certificate).toBe('/c');
  expect(mixed.token).toBeUndefined();
});

test('unknown variables in capitals are reported, with what was probably meant', () => {
  const { warnings } = readEnvironment({
    SKAHA_ACTIVE: 'x',
    SKAHA_REGISTRY__USERNAME: 'x',
    SKAHA_FOO: 'x',
    skaha_username: 'ada',
    SKAHAFOO: 'x',
  });
  expect(warnings).toEqual([
    'The variable SKAHA_ACTIVE is not read by skaha; did you mean SKAHA_CONTEXT?',
    'The variable SKAHA_FOO is not read by skaha.',
    'The variable SKAHA_REGISTRY__USERNAME is not read by skaha; did you mean SKAHA_REGISTRY_USERNAME?',
  ]);
});

test('no documented variable is reported as unknown', () => {
  const all = Object.fromEntries(environmentVariables.map(({ name }) => [name, '1']));
  expect(readEnvironment(all).warnings).toEqual([]);
});

test.each([
  [{ SKAHA_TIMEOUT: '0' }, 'SKAHA_TIMEOUT must be a whole number from 1 to 300 seconds.'],
  [{ CANFAR_TIMEOUT: '301' }, 'CANFAR_TIMEOUT'],
  [{ SKAHA_TIMEOUT: '1e2' }, 'SKAHA_TIMEOUT'],
  [{ SKAHA_CONCURRENCY: '129' }, 'SKAHA_CONCURRENCY must be a whole number from 1 to 128'],
])('%j is refused without showing the value', (environment, message) => {
  try {
    readEnvironment(environment);
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('hush');
  }
});

test('everything wrong is listed at once', () => {
  try {
    readEnvironment({ SKAHA_TIMEOUT: 'x', SKAHA_CONCURRENCY: 'y' });
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect(error.issues.map(({ path }) => path)).toEqual(['SKAHA_TIMEOUT', 'SKAHA_CONCURRENCY']);
  }
});

test('a registry has a default host', () => {
  expect(
    readEnvironment({ SKAHA_REGISTRY_USERNAME: 'ada', SKAHA_REGISTRY_SECRET: 's' }).registry,
  ).toEqual({ host: 'images.canfar.net', username: 'ada', secret: 's' });
});

describe('nested variables of the Python client', () => {
  test('give the registry what ours do not', () => {
    const registry = {
      CANFAR_REGISTRY__USERNAME: 'ada',
      CANFAR_REGISTRY__SECRET: 'hush',
      CANFAR_REGISTRY__URL: 'https://registry.example.org:5000/',
    };
    expect(readEnvironment(registry).registry).toEqual({
      host: 'registry.example.org:5000',
      username: 'ada',
      secret: 'hush',
    });
    const ours = { SKAHA_REGISTRY_USERNAME: 'eve', SKAHA_REGISTRY_SECRET: 'own' };
    expect(readEnvironment({ ...registry, ...ours }).registry).toMatchObject({
      username: 'eve',
      secret: 'own',
    });
    expect(readEnvironment({ ...registry, SKAHA_REGISTRY_USERNAME: 'eve' }).registry).toEqual({
      host: 'registry.example.org:5000',
      username: 'eve',
      secret: undefined,
    });
    const { CANFAR_REGISTRY__URL } = registry;
    expect(readEnvironment({ CANFAR_REGISTRY__URL }).registry).toBeUndefined();
  });

  test('that mean nothing here are told apart from ours', () => {
    const { warnings, foreign } = readEnvironment({
      CANFAR_ACTIVE__SERVER: 'x',
      CANFAR_SERVERS__X__URL: 'x',
      CANFAR_URL: 'https://x.example/skaha',
      CANFAR_CONSOLE__WIDTH: '90',
      canfar_site: 'x',
    });
    expect(warnings).toEqual([]);
    expect(foreign).toEqual([
      expect.stringMatching(/CANFAR_ACTIVE__SERVER .*SKAHA_CONTEXT/),
      expect.stringMatching(/CANFAR_SERVERS__X__URL .*context add/),
    ]);
  });
});
