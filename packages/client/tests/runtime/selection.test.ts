import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/config/schema.js';
import { type Selection, selectPair, withSelection } from '../../src/runtime/selection.js';
import { failure } from '../config/fixtures.js';

const configuration: Configuration = {
  schema: 'skaha',
  version: 1,
  active: 'work',
  contexts: {
    work: { server: 'canfar', credential: 'cadc' },
    lab: { server: 'own', credential: 'token' },
  },
  servers: {
    canfar: { uri: 'ivo://cadc.nrc.ca/skaha', url: 'https://a.org/skaha', provider: 'cadc' },
    keel: { url: 'https://keel.org/skaha/v1', provider: 'cadc' },
    swe: { url: 'https://b.org/skaha', provider: 'srcnet' },
    can: { url: 'https://c.org/skaha', provider: 'srcnet' },
    own: { url: 'https://own.org/skaha' },
  },
  credentials: {
    cadc: { mode: 'x509', path: '/x' },
    srcnet: { mode: 'oidc', server: 'swe' },
    token: { mode: 'token', path: '/t' },
  },
  registries: {},
  console: {},
};

function pair(selection: Selection, usual: string | undefined = 'work'): string {
  const { context, configuration: made } = selectPair(selection, configuration, usual);
  const found = made.contexts[context ?? ''];
  return `${found?.credential} at ${found?.server}`;
}

const refused = (selection: Selection, code: Parameters<typeof failure>[1], usual?: string) =>
  failure(
    Promise.resolve().then(() => pair(selection, usual)),
    code,
  );

describe('a selection for one call', () => {
  test.each([
    [{ server: 'canfar' }, 'cadc at canfar'],
    [{ server: 'keel' }, 'cadc at keel'],
    [{ server: 'swe' }, 'srcnet at swe'],
    [{ server: 'own' }, 'token at own'],
    [{ server: 'ivo://cadc.nrc.ca/skaha' }, 'cadc at canfar'],
    [{ server: 'https://keel.org/skaha/' }, 'cadc at keel'],
    [{ server: 'https://b.org/skaha/v1' }, 'srcnet at swe'],
    [{ idp: 'cadc' }, 'cadc at canfar'],
    [{ idp: 'srcnet' }, 'srcnet at swe'],
    [{ idp: 'token' }, 'token at own'],
    [{ idp: 'srcnet', server: 'can' }, 'srcnet at can'],
  ])('%j means %s', (selection, expected) => {
    expect(pair(selection)).toBe(expected);
  });

  test('a pair that has a context is that context; another hides none', () => {
    expect(selectPair({ idp: 'token' }, configuration, 'work').context).toBe('lab');
    const other = selectPair({ server: 'keel' }, configuration, 'work');
    expect(Object.keys(configuration.contexts)).not.toContain(other.context);
    expect(other.configuration.contexts).toMatchObject(configuration.contexts);
    expect(selectPair({}, configuration, 'work')).toEqual({ context: undefined, configuration });
  });

  test('a login never goes to a server that is not its own', async () => {
    expect((await refused({ idp: 'cadc', server: 'swe' }, 'authentication.required')).message).toBe(
      "The login 'cadc' is not for the server 'swe', so it was not sent there.",
    );
    await refused({ idp: 'srcnet', server: 'own' }, 'authentication.required');
  });

  test('what is not there is told with what is', async () => {
    expect((await refused({ server: 'x' }, 'server.not_found')).hint).toContain('canfar, keel');
    expect((await refused({ idp: 'x' }, 'authentication.required')).hint).toContain('login x');
    const nowhere = { ...configuration, credentials: {} };
    const error = await failure(
      Promise.resolve().then(() => selectPair({ server: 'swe' }, nowhere, undefined)),
      'authentication.required',
    );
    expect(error.hint).toContain('skaha login srcnet');
    const undecided = { ...configuration, credentials: { srcnet: { mode: 'oidc' as const } } };
    const open = await failure(
      Promise.resolve().then(() => selectPair({ idp: 'srcnet' }, undecided, undefined)),
      'server.required',
    );
    expect(open.hint).toContain('swe, can');
  });

  test('a context beside it is a contradiction', async () => {
    await failure(
      Promise.resolve().then(() => withSelection({ context: 'work', idp: 'cadc' })),
      'request.invalid',
    );
    expect(withSelection({ context: 'work' })).toEqual({ context: 'work' });
  });
});
