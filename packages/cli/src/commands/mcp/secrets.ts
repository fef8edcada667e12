import { readFile } from 'node:fs/promises';
import { isSecretName, mask } from '@skaha/base/redact.js';
import type { Io } from '@skaha/terminal/io.js';
import { isSkahaError } from 'skaha';
import { readCredential } from 'skaha/account';
import { loadConfiguration } from 'skaha/config';
import type { Deps } from '../../deps.js';
import { configPath } from '../../places.js';

/** Shorter ones would be found in words that are no secrets. */
const shortest = 6;

/** What stands in a setting whose name tells that it is secret, however deep. */
function* secretsIn(value: unknown, isSecret = false): Generator<string, void> {
  if (typeof value === 'string') {
    if (isSecret) yield value;
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const isInner = isSecretName(name);
    // `token` may be a map, of which only some members are secret.
    yield* secretsIn(inner, typeof inner === 'string' ? isInner : false);
  }
}

/** What cannot be read holds no secret that could be shown. */
async function orNone(reading: Promise<string[]>): Promise<string[]> {
  try {
    return await reading;
  } catch (error) {
    if (isSkahaError(error)) return [];
    throw error;
  }
}

async function ofConfiguration({ env }: Io, { globals }: Deps): Promise<string[]> {
  const path = configPath(env, globals.config);
  const { configuration } = await loadConfiguration({ path, environment: env });
  const registries = Object.values(configuration.registries ?? {}).flatMap(
    ({ username, secret }) =>
      typeof username === 'string' && typeof secret === 'string'
        ? [Buffer.from(`${username}:${secret}`).toString('base64')]
        : [],
  );
  return [...secretsIn(configuration), ...registries];
}

async function ofClient(deps: Deps): Promise<string[]> {
  const { token } = await readCredential(await deps.client());
  return token === undefined ? [] : [token];
}

async function ofFile(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  return readFile(path, 'utf8').then(
    (text) => [text.trim()],
    () => [],
  );
}

const ofEnvironment = (env: Io['env']): string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isSecretName(name) ? [value] : [],
  );

/**
 * The secrets that this command knows: those of the configuration, of its variables, and what it
 * shows to the server. They are read for each answer, as tokens are renewed.
 */
export async function knownSecrets(io: Io, deps: Deps): Promise<readonly string[]> {
  const found = await Promise.all([
    orNone(ofConfiguration(io, deps)),
    orNone(ofClient(deps)),
    ofFile(deps.globals.tokenFile),
  ]);
  const all = new Set([...found.flat(), ...ofEnvironment(io.env)]);
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

/** Leaves out of a text what may be secret. */
export function withoutSecrets(text: string, known: readonly string[]): string {
  let clean = text;
  for (const secret of known) clean = clean.replaceAll(secret, mask);
  for (const [pattern, instead] of patterns) clean = clean.replace(pattern, instead);
  return clean;
}

/** The same for every text in a document. */
export function documentWithoutSecrets<Value>(value: Value, known: readonly string[]): Value {
  const clean = (inner: unknown): unknown => {
    if (typeof inner === 'string') return withoutSecrets(inner, known);
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
