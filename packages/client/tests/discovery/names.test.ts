import { isName } from '@skaha/base/names.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressProblem,
  isDevelopment,
  isOmitted,
  parseRegistry,
  platformEndpoints,
  serverName,
} from '../../src/discovery/index.js';

describe('names', () => {
  test.each([
    ['ivo://cadc.nrc.ca/skaha', 'canfar'],
    ['ivo://canfar.net/src/skaha', 'canSRC'],
    ['ivo://canfar.itsrc.ext.cineca.it/skaha', 'itCINECA'],
    ['ivo://a.b.org/skaha', 'a-b-org'],
    ['ivo://7dim.kr/skaha', 's-7dim-kr'],
    ['skaha', undefined],
    ['ivo:///skaha', undefined],
    ['ivo://host:8443/skaha', undefined],
  ])('%s is called %s', (uri, name) => {
    expect(serverName(uri)).toBe(name);
  });

  test('S27: no identifier gives a name that reaches into the machinery of the language', () => {
    for (const host of ['__proto__', 'constructor', 'prototype']) {
      expect(serverName(`ivo://${host}/skaha`) ?? 'none').not.toBe(host);
    }
    fc.assert(
      fc.property(fc.string(), (host) => {
        const name = serverName(`ivo://${host}/skaha`);
        return name === undefined || isName(name);
      }),
    );
  });

  test.each([
    ['https://src-one.org/skaha', false],
    ['https://latest.example.org/skaha', false],
    ['https://contest.example.org/skaha', false],
    ['https://rc-ws.example.org/skaha', true],
    ['ivo://test.example.org/skaha', true],
    ['https://keel-dev.example.org/skaha', true],
    ['https://example.org/PreProd/skaha', true],
    ['https://a_staging.example.org/skaha', true],
    ['https://demo:8443/skaha', true],
  ])('%s: development server %s', (address, expected) => {
    expect(isDevelopment(address)).toBe(expected);
  });

  test('a pair is left out only as the registry that must not list it', () => {
    expect(isOmitted('CADC', 'ivo://canfar.net/src/skaha')).toBe(true);
    expect(isOmitted('SRCNet', 'ivo://canfar.net/src/skaha')).toBe(false);
  });
});

describe('registry documents', () => {
  test('lines, comments, blanks and broken lines', () => {
    const text = [
      '# comment = https://no.org/skaha/capabilities',
      '',
      '   ',
      'no equals sign',
      '= https://no.org/skaha/capabilities',
      'ivo://no.org/skaha =',
      '  ivo://a.org/skaha   =   https://a.org/skaha/capabilities  ',
      'ivo://b.org/skaha=https://b.org/skaha/capabilities?x=1',
      'ivo://a.org/cred = https://a.org/cred/capabilities',
      'ivo://c.org/skaha = https://c.org/capabilities/skaha/capabilities',
    ].join('\r\n');
    const entries = parseRegistry(text);
    expect(entries.map(({ uri }) => uri)).toEqual([
      'ivo://a.org/skaha',
      'ivo://b.org/skaha',
      'ivo://a.org/cred',
      'ivo://c.org/skaha',
    ]);
    expect(platformEndpoints(entries)).toEqual([
      { uri: 'ivo://a.org/skaha', url: 'https://a.org/skaha' },
      { uri: 'ivo://c.org/skaha', url: 'https://c.org/capabilities/skaha' },
    ]);
  });

  test('entries that are written are read back, whatever stands between them', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const line = fc.oneof(
      fc.constantFrom('', '#', '# x = y', '  ', '====', 'abc'),
      fc.record({ uri: word, url: word }),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines
          .map((one) => (typeof one === 'string' ? one : `${one.uri} = ${one.url}`))
          .join('\n');
        const written = lines.filter((one) => typeof one === 'object');
        expect(parseRegistry(text)).toEqual(
          written.length === 0 ? [] : expect.arrayContaining(written),
        );
      }),
    );
  });

  test('a document made of equals signs is nothing, and costs little', () => {
    expect(parseRegistry('='.repeat(1024 * 1024))).toEqual([]);
    expect(parseRegistry('=\n'.repeat(512 * 1024))).toEqual([]);
  });
});

describe('addresses', () => {
  const strict = { development: false };
  test.each([
    ['https://a.org/skaha', undefined],
    ['http://a.org/skaha', 'is not https'],
    ['ftp://a.org/skaha', 'is not https'],
    ['nonsense', 'is not a URL'],
    ['https://user:secret@a.org/', 'contains a user name or password'], // secret-scan: allow, it is made up
    ['https://a.org/#part', 'contains a fragment'],
    ['https://10.0.0.1/', 'is an IP address instead of a name'],
    ['https://0x7f.1/', 'is an IP address instead of a name'],
    ['https://2130706433/', 'is an IP address instead of a name'],
    ['https://[::1]/', 'is an IP address instead of a name'],
    ['https://localhost/', 'is not public'],
    ['https://sub.localhost/', 'is not public'],
    ['https://intranet/', 'is not public'],
  ])('S25: %s: %s', (address, problem) => {
    expect(addressProblem(address, strict)).toBe(problem);
  });

  test.each([
    ['http://127.0.0.1:8080/', undefined],
    ['http://localhost:8080/', undefined],
    ['https://10.0.0.1/', undefined],
    ['http://a.org/', 'is not https'],
    ['http://10.0.0.1/', 'is not https'],
    ['https://user@localhost/', 'contains a user name or password'],
  ])('in development, %s: %s', (address, problem) => {
    expect(addressProblem(address, { development: true })).toBe(problem);
  });
});
