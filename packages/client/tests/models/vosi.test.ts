import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAvailability } from '../../src/models/availability.js';
import { readCapabilities } from '../../src/models/capabilities.js';
import { descendants, parseXml } from '../../src/models/xml.js';

const invalid = expect.objectContaining({ code: 'response.invalid' });

describe('XML', () => {
  test('elements, attributes, entities, comments and CDATA', () => {
    const root = parseXml(
      `\ufeff<?xml version="1.0"?>\n<!-- c --><v:a xmlns:v="u" v:x='1 &amp; 2' y="&#x41;&#66;">` +
        `t&lt;<b/><![CDATA[<raw>&amp;]]><!-- < --></v:a>\n`,
    );
    expect(root.name).toBe('a');
    expect(root.attributes.get('x')).toBe('1 & 2');
    expect(root.attributes.get('y')).toBe('AB');
    expect(root.text).toBe('t<<raw>&amp;');
    expect([...descendants(root, 'b')].length).toBe(1);
  });

  test.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a/>text',
    '<a x=1/>',
    '<a>&unknown;</a>',
    '<a>& </a>',
    '<a>&#x110000;</a>',
    '<a><!-- </a>',
    '<a <b/>',
  ])('%j is refused', (source) => {
    expect(() => parseXml(source)).toThrow(invalid);
  });

  test('S24: a document type is refused before anything is expanded', () => {
    const bomb = '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;&y;&y;&y;</a>';
    const external = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';
    for (const source of [bomb, external, '<!DOCTYPE a><a/>', '<!doctype a><a/>']) {
      expect(() => parseXml(source)).toThrow(invalid);
    }
  });

  test('S24: depth and number of elements are bounded', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(parseXml(nested(64)).name).toBe('a');
    expect(() => parseXml(nested(65))).toThrow(invalid);
    expect(parseXml(`<a>${'<b/>'.repeat(9_999)}</a>`).children.length).toBe(9_999);
    expect(() => parseXml(`<a>${'<b/>'.repeat(10_000)}</a>`)).toThrow(invalid);
  });

  test('any text is either read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[<>/a&;="' !-]{0,40}$/)), (source) => {
        try {
          expect(typeof parseXml(source).name).toBe('string');
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
    );
  });
});

describe('availability', () => {
  const document = (inner: string) =>
    `<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">${inner}</vosi:availability>`;

  test('is read with its note and times', () => {
    expect(
      readAvailability(
        document(
          '<vosi:available>true</vosi:available><vosi:upSince>2026-08-06T15:25:07Z</vosi:upSince>' +
            '<vosi:note>All\nwell.</vosi:note><!--<clientip>192.0.2.10</clientip>-->',
        ),
      ),
    ).toEqual({
      available: true,
      note: 'All\nwell.',
      upSince: new Date('2026-08-06T15:25:07Z'),
      downAt: undefined,
      backAt: undefined,
    });
  });

  test.each(['', '  \n', document(''), document('<available>TRUE</available>')])(
    '%j is unavailable',
    (source) => {
      expect(readAvailability(source).available).toBe(false);
    },
  );
});

describe('capabilities', () => {
  const current = 'http://www.opencadc.org/std/platform#session-';
  const legacy = 'vos://cadc.nrc.ca~vospace/CADC/std/Proc#sessions-1.0';
  const entry = (id: string, url: string, methods: string[] = [], use = 'base') =>
    `<capability standardID="${id}"><interface><accessURL use="${use}">${url}</accessURL>${methods
      .map((method) => `<securityMethod standardID="ivo://ivoa.net/sso#${method}"/>`)
      .join('')}</interface></capability>`;
  const read = (...entries: string[]) =>
    readCapabilities(`<v:capabilities xmlns:v="u">${entries.join('')}</v:capabilities>`);

  test.each([
    [
      entry(`${current}1`, 'https://h/skaha/v1/session', [
        'token',
        'tls-with-certificate',
        'cookie',
      ]),
      { baseUrl: 'https://h/skaha', version: 'v1', modes: ['x509', 'oidc'] },
    ],
    [
      entry(`${current}2`, ' https://h/ska\nha/session// ', ['zeta', 'alpha', 'token']),
      { baseUrl: 'https://h/skaha/session', version: 'v2', modes: ['oidc', 'alpha', 'zeta'] },
    ],
    [entry(legacy, 'https://h/skaha/v1'), { baseUrl: 'https://h/skaha', version: 'v0', modes: [] }],
    [
      entry(`${current}1`, 'https://v1.h/skaha'),
      { baseUrl: 'https://v1.h/skaha', version: 'v1', modes: [] },
    ],
    [
      entry(`${current}x`, 'https://h/a'),
      { baseUrl: 'https://h/a', version: undefined, modes: [] },
    ],
  ])('%#: one version is read', (source, capability) => {
    expect(read(source)).toEqual([capability]);
  });

  test('the newest version comes first, versions without a number last', () => {
    const found = read(
      entry(`${current}x`, 'https://h/none'),
      entry(legacy, 'https://h/skaha/v0'),
      entry(`${current}1`, 'https://h/skaha/v2/session'),
      entry(`${current}1`, 'https://h/skaha/v10.1/session'),
      entry(`${current}1`, 'https://h/skaha/v10/session'),
    );
    expect(found.map(({ version }) => version)).toEqual(['v10.1', 'v10', 'v2', 'v0', undefined]);
  });

  test('interfaces of one version are one, those without a base address none', () => {
    const url = 'https://h/skaha/v1/session';
    expect(
      read(
        entry(`${current}1`, url),
        entry(`${current}1`, url, ['token']),
        entry(`${current}1`, url, ['cookie'], 'full'),
        entry('ivo://other#session-1', 'https://h/x/v1'),
      ),
    ).toEqual([{ baseUrl: 'https://h/skaha', version: 'v1', modes: ['oidc'] }]);
    expect(readCapabilities(' ')).toEqual([]);
  });
});
