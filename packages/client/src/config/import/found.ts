import { isName } from '@skaha/base/names.js';
import { defined } from '@skaha/base/record.js';
import { parseServerUrl } from '@skaha/base/server-url.js';
import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import type { ContextEntry, CredentialEntry, ServerEntry } from '../schema.js';
import { type Foreign, mapAt, numberAt, textAt } from './python-file.js';

/** What the import needs to know in addition to the files. */
export interface ImportTools {
  /** The usual name of a server, by its identifier in the registry. */
  serverName(uri: string): string | undefined;
  /** The identity provider with an OIDC discovery document. */
  providerAt(discovery: string): { key: string; issuer: string } | undefined;
}

/** Something of a Python file that is not taken, and why. */
export interface LeftOut {
  /** Where it is in that file, as a dotted path. */
  from: string;
  reason: string;
}

/** The settings of a Python file in our own terms. */
export interface Found {
  credentials: Record<string, CredentialEntry>;
  servers: Record<string, ServerEntry>;
  contexts: Record<string, ContextEntry>;
  registries: Record<string, { username: string; secret: string }>;
  console: Record<string, number | boolean>;
  /** Name of the context in use. */
  active: string | undefined;
  /** Why that one, where the file does not say. */
  activeReason?: string | undefined;
  leftOut: LeftOut[];
}

/** The beginning of a reading. */
export const nothingFound = (): Found => ({
  credentials: {},
  servers: {},
  contexts: {},
  registries: {},
  console: {},
  active: undefined,
  leftOut: [],
});

/** The registry that both Python clients mean when they name none. */
const usualRegistry = 'images.canfar.net';
/** What the Python client shows instead of a secret, and may have written into a file. */
const masks = /^\*+$/;

/** A name made fit for ours; undefined if nothing is left of it. */
export function fitName(text: string): string | undefined {
  const slug = text
    .trim()
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|(?<!-)-+$/g, '');
  const name = /^[A-Za-z]/.test(slug) ? slug : `s-${slug}`;
  return slug !== '' && isName(name) ? name : undefined;
}

/** A server; a text says why it is not taken. */
export function readServer(
  given: Foreign,
  provider: string | undefined,
  leave: (key: string, reason: string) => void,
): ServerEntry | string {
  const url = textAt(given, 'url');
  if (url === undefined) return 'it has no url';
  if (parseServerUrl(url) === undefined) return 'its url is not valid';
  const version = textAt(given, 'version');
  const list = given['auths'];
  const auths = Array.isArray(list) ? list.filter((one) => typeof one === 'string') : undefined;
  const cores = numberAt(given, 'cores');
  const memory = numberAt(given, 'ram');
  const gpus = numberAt(given, 'gpus');
  const known = cores !== undefined && memory !== undefined && gpus !== undefined;
  // v0 is what the older client wrote for every server; none answers it any more.
  const usable = version !== undefined && version !== 'v0' && /^v\d+(?:\.\d+)*$/.test(version);
  if (version !== undefined && !usable)
    leave('version', version === 'v0' ? 'servers no longer have it' : 'it is no API version');
  return defined({
    uri: textAt(given, 'uri'),
    url: withoutTrailingSlashes(url),
    version: usable ? version : undefined,
    auths,
    provider,
    defaults: known ? { cores, memory, gpus } : undefined,
  });
}

/** A certificate; a text says why it is not taken. */
export function readCertificate(given: Foreign, provider: string): CredentialEntry | string {
  const path = textAt(given, 'path');
  // The stored expiry is left behind: the certificate itself says when it ends.
  return path === undefined ? 'it has no certificate file' : { mode: 'x509', provider, path };
}

const secretAt = (parent: Foreign, key: string): string | undefined => {
  const text = textAt(parent, key);
  return text === undefined || masks.test(text) ? undefined : text;
};

/** A login with tokens; a text says why it is not taken. */
export function readLogin(
  given: Foreign,
  provider: string,
  tools: ImportTools,
): CredentialEntry | string {
  const endpoints = mapAt(given, 'endpoints');
  const client = mapAt(given, 'client');
  const token = mapAt(given, 'token');
  const expiry = mapAt(given, 'expiry');
  const access = secretAt(token, 'access');
  const refresh = secretAt(token, 'refresh');
  if (access === undefined && refresh === undefined) return 'it contains no tokens';
  const discovery = textAt(endpoints, 'discovery');
  const issuer =
    discovery === undefined
      ? undefined
      : (tools.providerAt(discovery)?.issuer ??
        discovery.replace(/\/\.well-known\/openid-configuration$/, ''));
  return {
    mode: 'oidc',
    provider,
    ...defined({ issuer }),
    endpoints: defined({
      discovery,
      device: textAt(endpoints, 'device'),
      registration: textAt(endpoints, 'registration'),
      token: textAt(endpoints, 'token'),
    }),
    client: defined({
      identity: textAt(client, 'identity'),
      secret: secretAt(client, 'secret'),
      secret_expires_at: numberAt(client, 'secret_expires_at'),
    }),
    token: defined({
      access,
      refresh,
      token_type: textAt(token, 'token_type'),
      scope: textAt(token, 'scope'),
    }),
    expiry: defined({
      access: numberAt(expiry, 'access'),
      refresh: numberAt(expiry, 'refresh'),
    }),
  };
}

/** Takes the credentials of the image registry. */
export function takeRegistry(root: Foreign, found: Found): void {
  const given = mapAt(root, 'registry');
  if (Object.keys(given).length === 0) return;
  const username = textAt(given, 'username');
  const secret = secretAt(given, 'secret');
  const url = textAt(given, 'url');
  const host = url !== undefined && URL.canParse(url) ? new URL(url).host : usualRegistry;
  if (username === undefined || secret === undefined) {
    const reason = username === secret ? 'it is empty' : 'user name or secret is missing';
    found.leftOut.push({ from: 'registry', reason });
  } else found.registries[host] = { username, secret };
}

/** Takes the settings of the console that mean something here. */
export function takeConsole(root: Foreign, found: Found): void {
  const given = mapAt(root, 'console');
  const width = numberAt(given, 'width');
  if (width !== undefined && Number.isSafeInteger(width) && width >= 1)
    found.console['width'] = width;
  else if (width !== undefined)
    found.leftOut.push({ from: 'console.width', reason: 'it is not a width in characters' });
  const banner = Object.hasOwn(given, 'banner') ? given['banner'] : undefined;
  if (typeof banner === 'boolean') found.console['banner'] = banner;
}
