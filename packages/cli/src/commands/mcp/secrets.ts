import { readFile } from 'node:fs/promises';
import { base64 } from '@skaha/base/bytes.js';
import { isSecretName, mask } from '@skaha/base/redact.js';
import type { Io } from '@skaha/terminal/io.js';
import { isSkahaError } from 'skaha';
import { readCredential } from 'skaha/account';
import { readConfiguration } from '../../configuration.js';
import type { Deps } from '../../deps.js';

/** Shorter ones would be found in words that are no secrets. */
const shortest = 6;

/** What stands in a setting whose name tells that it is secret, however deep. */
function* secretsIn(settings: object): Generator<string, void> {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'object' && value !== null) yield* secretsIn(value);
    else if (typeof value === 'string' && isSecretName(name)) yield value;
  }
}

async function ofConfiguration(io: Io, deps: Deps): Promise<string[]> {
  const configuration = await readConfiguration(io, deps);
  const registries = Object.values(configuration.registries ?? {}).flatMap(
    ({ username, secret }) =>
      username === undefined || secret === undefined ? [] : base64(`${username}:${secret}`),
  );
  return [...secretsIn(configuration), ...registries];
}

async function ofClient(deps: Deps): Promise<string[]> {
  const { token } = await readCredential(await deps.client());
  return token === undefined ? [] : [token];
}

const ofFile = (path: string): Promise<string[]> =>
  readFile(path, 'utf8').then(
    (text) => [text.trim()],
    () => [],
  );

/** What cannot be read holds no secret that could be shown. */
const noneWhereUnreadable = (error: unknown): string[] => {
  if (isSkahaError(error)) return [];
  throw error;
};

/**
 * The secrets that this command knows: those of the configuration, of its variables, and what it
 * shows to the server. They are read for each answer, as tokens are renewed.
 */
export async function knownSecrets(io: Io, deps: Deps): Promise<readonly string[]> {
  const { tokenFile } = deps.globals;
  const found = await Promise.all([
    ofConfiguration(io, deps).catch(noneWhereUnreadable),
    ofClient(deps).catch(noneWhereUnreadable),
    tokenFile === undefined ? [] : ofFile(tokenFile),
  ]);
  const all = new Set([...found.flat(), ...secretsIn(io.env)]);
  // The longest first: one may be part of another.
  return [...all].filter(({ length }) => length >= shortest).sort((a, b) => b.length - a.length);
}

/** What looks like a secret wherever it stands. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A text with only the beginning or the end of a key shows some of it.
  [
    /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----[^-]*(?:-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----)?/g,
    mask,
  ],
  [/^[A-Za-z0-9+/=\s]*-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----/g, mask],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g, mask],
  [/\b(bearer|basic) {1,4}[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  [/:\/\/[^\s/@]{3,600}@/g, `://${mask}@`],
  [/preauth(?::|%3A)[^/\s"'<>?#]+/gi, `preauth:${mask}`],
  [
    /\b(CADC_SSO|x-skaha-registry-auth|cookie)(["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[^\s"',;&]+/gi,
    `$1$2${mask}`,
  ],
  [
    /(passw(?:or)?d|passphrase|_pass|secret|token|credential|api_?key|access_?key|secret_?key|private_?key)(s?["']?[ \t]{0,4}(?:=|: ?)[ \t]{0,4}["']?)(?!(?:\d{1,6}|true|false|null|none)(?![^\s"',;&]))[^\s"',;&]{3,}/gi,
    `$1$2${mask}`,
  ],
  // Names such as SECRET_KEY_BASE=...
  [
    /\b(\w{0,40}(?:SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY)\w{1,40}=)[^\s"',;&]{3,}/g,
    `$1${mask}`,
  ],
];

/** Leaves out of a text, or of every text in a document, what may be secret. */
export function withoutSecrets<Value>(value: Value, known: readonly string[]): Value {
  const clean = (inner: unknown): unknown => {
    if (typeof inner === 'string') {
      const text = known.reduce((all, secret) => all.replaceAll(secret, mask), inner);
      return patterns.reduce((all, [pattern, instead]) => all.replace(pattern, instead), text);
    }
    if (Array.isArray(inner)) return inner.map(clean);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, clean(one)]));
  };
  return clean(value) as Value;
}

/** Folders and files in which programs keep what lets somebody in. */
const guarded =
  /(?:^|\/)(?:\.ssl|\.ssh|\.token|\.gnupg|\.aws|\.canfar|\.docker|\.kube|\.netrc|\.pgpass|\.git-credentials|\.config\/(?:skaha|canfar|gh|gcloud)|\.skaha|[^/]*proxy\.pem|id_(?:rsa|dsa|ecdsa|ed25519))(?:\/|$)/i;

/** Whether a path leads to where credentials are kept. */
export const isGuarded = (path: string): boolean => guarded.test(path.replace(/\/{2,}/g, '/'));
