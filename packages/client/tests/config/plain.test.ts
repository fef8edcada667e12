import { parsePlain } from '@skaha/base/plain-text.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { validate } from '../../src/config/validate.js';

/** What the YAML library makes of a text; undefined when it finds a fault in it. */
function byLibrary(text: string): unknown {
  const document = parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: true });
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  try {
    return document.toJS() ?? {};
  } catch {
    return undefined;
  }
}

const written = `# Settings
schema: skaha
version: 1
active: local

contexts:
  local:
    server: local
    credential: local
servers:
  local:
    url: https://127.0.0.1:8443/skaha
    version: v1
    auths:
      - x509
      - oidc
    ca: "/home/ada/My Platform/ca.pem"
    socket: /home/ada/.local/share/skaha/platform/private/api.sock
    defaults:
      cores: 1
      memory: 0.5
      gpus: 0
    limits:
      fixed:
        cores:
          min: 1
          max: 16
        memory:
          min: 0.5
          max: 192
      sessions: 5
      read: 2026-11-29T23:34:06.216Z
credentials:
  local:
    mode: token
    path: ~/.local/share/skaha/token
    provider: local
registries: {}
providers:
  local:
    mode: x509
    name: Platform of this machine
    registry: https://127.0.0.1:8443/reg/resource-caps
    development: true
console:
  color: 'never'
`;

describe('plain YAML', () => {
  test('the file that this program writes', () => {
    const root = parsePlain(written);
    expect(root).toEqual(byLibrary(written));
    expect(validate(root)).toEqual(root);
  });

  test.each([
    ['a flow map', 'a: { b: c }'],
    ['a comment after a value', 'a: b # c'],
    ['an anchor', 'a: &x b'],
    ['an alias', 'a: *x'],
    ['a tag', 'a: !!str b'],
    ['text over several lines', 'a: b\n  c'],
    ['a block of text', 'a: |\n  b'],
    ['an escape', 'a: "\\n"'],
    ['a key twice', 'a: b\na: c'],
    ['a key that reaches into the machinery', 'constructor: b'],
    ['a second document', 'a: b\n---\nc: d'],
    ['a tab', 'a:\n\tb: c'],
    ['another alphabet', 'a: é'],
    ['a carriage return', 'a: b\r\n'],
    ['a number that is not written plainly', 'a: 0x10'],
    ['a second colon', 'a: b: c'],
    ['a list beside its key', 'a:\n- b'],
    ['a list of maps', 'a:\n  - b: c'],
    ['an indentation that fits nothing', 'a:\n    b: c\n  d: e'],
    ['an indented beginning', '  a: b'],
    ['a merge key', '<<: a'],
    ['a null key', 'null: a'],
  ])('%s is left to the library', (_what, text) => {
    expect(parsePlain(text)).toBeUndefined();
  });

  const leaf = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[ -~]{0,12}$/),
    fc.stringMatching(/^[a-z~/.:# -]{0,9}$/),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('null', 'True', '~', 'yes', '0x1', '1e3', '.inf', 'https://a.b:1/c', '- a'),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  const key = fc.oneof(fc.stringMatching(/^[a-z][a-z.-]{0,5}$/), fc.string());
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }));

  test('is read as the library reads it, whatever was written', () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 5 }), (value) => {
        const text = stringify(value);
        const plain = parsePlain(text);
        if (plain !== undefined) expect(plain).toEqual(byLibrary(text));
      }),
      { numRuns: 500 },
    );
  });

  const fragment = fc.constantFrom(
    'a:',
    'b: c',
    'c: "d e"',
    "d: 'f'",
    '- x',
    '- "y"',
    'e: 1',
    'f: 1.50',
    'g: true',
    '# h',
    'i: j # k',
    'l: m: n',
    'o: {}',
    'p: []',
    '',
    'q',
    'r:s',
    't: ~/u',
    'v: ~',
    "w: 'x''y'",
  );
  const line = fc
    .tuple(fc.constantFrom('', '  ', '    ', ' '), fragment)
    .map((parts) => parts.join(''));

  test('is read as the library reads it, whatever somebody typed', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = lines.join('\n');
        const plain = parsePlain(text);
        if (plain !== undefined) expect(plain).toEqual(byLibrary(text));
      }),
      { numRuns: 2000 },
    );
  });
});
