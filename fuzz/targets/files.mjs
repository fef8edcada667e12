// @ts-check
// What stands in files: settings, credentials, journals, tables.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parsePlain } from '../../packages/base/dist/plain-text.js';
import { parseCertificateFile } from '../../packages/client/dist/auth/certificate.js';
import { parseNetrc } from '../../packages/client/dist/auth/netrc.js';
import { readRecord } from '../../packages/client/dist/auth/oidc/record.js';
import { readTokens } from '../../packages/client/dist/auth/oidc/tokens.js';
import { checkedToken } from '../../packages/client/dist/auth/token.js';
import { shownExpiry } from '../../packages/client/dist/auth/token-expiry.js';
import { readRecords } from '../../packages/client/dist/batch/records.js';
import { parseCsv, parseJsonLines } from '../../packages/client/dist/batch/rows.js';
import { batchState } from '../../packages/client/dist/batch/state.js';
import { parseConfiguration } from '../../packages/client/dist/config/document.js';
import { readPythonFile } from '../../packages/client/dist/config/import/python-file.js';
import { validate } from '../../packages/client/dist/config/validate.js';
import { loadConfig } from '../../packages/platform/dist/config/load.js';
import { settle } from '../../packages/platform/dist/config/settings.js';
import { dataLayout } from '../../packages/service/dist/data.js';
import { parseEnvFile } from '../../packages/terminal/dist/parse/env-file.js';
import { texts, values } from '../lib/inputs.mjs';

const folder = mkdtempSync(join(tmpdir(), 'skaha-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** @param {string} text */
function file(text) {
  const path = join(folder, 'file');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The YAML library takes long for each of ten thousands of errors, though no longer for the last. */
const yamlMs = 15_000;

const settings = `schema: skaha
version: 1
active: canfar
contexts:
  canfar: { server: canfar, credential: cadc }
servers:
  canfar: { uri: "ivo://cadc.nrc.ca/skaha", url: https://host.example/skaha, version: v1, auths: [x509] }
credentials:
  cadc: { mode: x509, path: ~/.ssl/cadcproxy.pem }
  srcnet: { mode: oidc, issuer: "https://idp.example/", client: { identity: a, secret: b } }
registries:
  images.canfar.net: { username: a, secret: b }
console:
  banner: true
`;
const python = `version: 1
active: cadc
contexts:
  cadc:
    mode: x509
    path: /home/ada/.ssl/cadcproxy.pem
    expiry: 1786000000.0
    server: { name: CANFAR, uri: ivo://cadc.nrc.ca/skaha, url: https://host.example/skaha, version: v1 }
`;
const platform = `capacity: { cores: 4, memoryGiB: 8 }
users: [{ name: ada, groups: [a] }]
images: [{ id: "images.canfar.net/skaha/terminal:1", types: [headless] }]
`;
const yamlWords = [
  '- ',
  ': ',
  '&a ',
  '*a',
  '<<: *a',
  '!!js/function',
  '!!binary ',
  '? ',
  '| ',
  '>',
  '---\n',
  '  ',
].concat(['__proto__: { polluted: true }', '\n  a: 1', '[[[[', '{a: ', '"\\u', '%YAML 1.1\n']);

const journal = `${JSON.stringify({ type: 'batch', version: 1, at: 1, server: 'https://h', image: 'h/a/b:1', spec: { name: 'job', image: 'a/b:1', replicas: 3 } })}
${JSON.stringify({ type: 'run', at: 2, known: { 'job-1': ['x'] } })}
${JSON.stringify({ type: 'intent', at: 3, item: 1, attempt: 1 })}
${JSON.stringify({ type: 'outcome', at: 4, item: 1, attempt: 1, result: 'launched', id: 'x' })}
${JSON.stringify({ type: 'end', at: 5, item: 1, id: 'x', status: 'failed' })}
`;
const journalWords = [
  '"type":"',
  'batch',
  'cancel',
  'removed',
  '"item":',
  '"at":',
  '}\n{',
  '"replicas":1e9',
  '"rows":[{}]',
];
const claims = Buffer.from('{"exp":1786000000,"sub":"ada"}').toString('base64url');
const pem = (/** @type {string} */ label) =>
  `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`;
const tokens = {
  access_token: 'abc',
  token_type: 'Bearer',
  refresh_token: 'def',
  scope: 'x',
  expires_in: '60',
};
const login = {
  ...{
    mode: 'oidc',
    issuer: 'https://idp.example/',
    endpoints: { token: 'https://idp.example/t' },
  },
  ...{ client: { identity: 'a', secret: 'b' }, token: { access: 'a' }, expiry: { access: 1 } },
};

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @type {readonly import('../lib/examine.mjs').Target[]} */
export const files = [
  {
    name: 'settings',
    inputs: texts([settings], yamlWords),
    caseMs: yamlMs,
    read: (/** @type {string} */ text) => {
      const plain = parsePlain(text);
      if (plain !== undefined) validate(plain);
      return parseConfiguration(text, 'config.yaml').configuration;
    },
  },
  {
    name: 'settings of the Python clients',
    inputs: texts([python], yamlWords),
    caseMs: yamlMs,
    read: (/** @type {string} */ text) => readPythonFile(file(text)),
  },
  {
    name: 'settings of the platform',
    inputs: texts([platform], yamlWords),
    caseMs: yamlMs,
    read: (/** @type {string} */ text) => settle(loadConfig(dataLayout(folder), file(text))),
  },
  {
    name: 'journals of batches',
    inputs: texts([journal], journalWords),
    read: (/** @type {string} */ text) => batchState(readRecords(text, 'journal.jsonl')),
  },
  {
    name: 'tokens',
    inputs: texts([`eyJhbGciOiJub25lIn0.${claims}.c2ln`], [claims, '.', 'eyJ', 'Bearer ', '==']),
    read: (/** @type {string} */ text) => [shownExpiry(text), checkedToken(text, 'SKAHA_TOKEN')],
  },
  {
    name: 'answers with tokens',
    inputs: values([tokens]).map((json) => (isObject(json) ? json : undefined)),
    read: (json) =>
      readTokens(
        { status: 200, header: () => undefined, json, error: undefined },
        'https://idp.example/',
        0,
      ),
  },
  { name: 'saved logins', inputs: values([login]), read: (stored) => readRecord(stored, 'srcnet') },
  {
    name: 'certificates',
    inputs: texts(
      [pem('CERTIFICATE') + pem('PRIVATE KEY')],
      ['-----BEGIN ', '-----END ', 'CERTIFICATE-----'],
    ),
    read: (/** @type {string} */ text) => parseCertificateFile(text, 'cert.pem'),
  },
  {
    name: 'netrc files',
    inputs: texts(
      ['machine a login b password "c d"\nmacdef x\n\ndefault login e'],
      ['machine ', 'macdef ', ' "'],
    ),
    read: parseNetrc,
  },
  {
    name: 'tables of parameters',
    inputs: texts(['BAND,YEAR\nr,1998\n"a ""b""",2\n'], [',', '"', '""', '\r']),
    read: parseCsv,
  },
  {
    name: 'parameters as JSON Lines',
    inputs: texts(
      ['{"BAND":"r","YEAR":1998}\n{"BAND":null}\n'],
      ['"__proto__":1,', '{}', '[]', '}\n{'],
    ),
    read: parseJsonLines,
  },
  {
    name: 'files of variables',
    inputs: texts(['# comment\nexport A="b c"\nB=1\n'], ['export ', '=', '#']),
    read: (/** @type {string} */ text) => Object.fromEntries(parseEnvFile(text, 'env')),
  },
];

export const anyBytes = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
