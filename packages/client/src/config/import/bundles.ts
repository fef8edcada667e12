import { entry } from '@skaha/base/names.js';
import type { CredentialEntry } from '../schema.js';
import {
  type Found,
  fitName,
  type ImportTools,
  nothingFound,
  readCertificate,
  readLogin,
  readServer,
  takeConsole,
  takeRegistry,
} from './found.js';
import { type Foreign, isForeign, mapAt, numberAt, textAt } from './python-file.js';
import { bundlesShape, unread } from './shapes.js';

interface Bundle {
  key: string;
  given: Foreign;
  active: boolean;
}

function providerOf(given: Foreign, tools: ImportTools): string | undefined {
  if (textAt(given, 'mode') !== 'oidc') return 'cadc';
  const endpoints = mapAt(given, 'endpoints');
  const discovery = textAt(endpoints, 'discovery') ?? '';
  const address = discovery === '' ? (textAt(endpoints, 'token') ?? '') : discovery;
  const host = URL.canParse(address) ? new URL(address).hostname : '';
  return tools.providerAt(discovery)?.key ?? fitName(host);
}

/** The one in use first, then the one whose login lasts longest. */
const mostUsefulFirst = (a: Bundle, b: Bundle): number => {
  const lasts = ({ given }: Bundle) => numberAt(mapAt(given, 'expiry'), 'refresh') ?? 0;
  return Number(b.active) - Number(a.active) || lasts(b) - lasts(a);
};

const pathOf = (stored: CredentialEntry | undefined): string | undefined =>
  stored?.mode === 'x509' ? stored.path : undefined;

/** Takes a login; resolves to the name under which it is now known. */
function takeCredential(
  { key, given }: Bundle,
  found: Found,
  tools: ImportTools,
): string | undefined {
  const leave = (reason: string) => found.leftOut.push({ from: `contexts.${key}`, reason });
  const mode = textAt(given, 'mode');
  const provider = providerOf(given, tools);
  if (mode !== 'x509' && mode !== 'oidc') {
    leave('its mode is not known');
    return undefined;
  }
  if (provider === undefined) {
    leave('it does not say which identity provider it is for');
    return undefined;
  }
  const made =
    mode === 'x509' ? readCertificate(given, provider) : readLogin(given, provider, tools);
  const known = entry(found.credentials, provider);
  if (typeof made === 'string') {
    leave(made);
    // Another bundle of the provider may hold the login that this one lacks.
    return known === undefined ? undefined : provider;
  }
  if (known === undefined) {
    found.credentials[provider] = made;
    return provider;
  }
  if (mode === 'oidc') {
    leave(`one login serves every server of ${provider}; a better one is used`);
    return provider;
  }
  if (pathOf(known) === pathOf(made)) return provider;
  // Another certificate may be another account.
  const own = fitName(`${provider}-${key}`);
  if (own === undefined) return undefined;
  found.credentials[own] = made;
  return own;
}

function takeServer(
  { key, given }: Bundle,
  credential: string,
  found: Found,
  tools: ImportTools,
): string | undefined {
  const described = mapAt(given, 'server');
  const provider = entry(found.credentials, credential)?.provider;
  const from = `contexts.${key}.server`;
  const server = readServer(described, provider, (part, reason) =>
    found.leftOut.push({ from: `${from}.${part}`, reason }),
  );
  if (typeof server === 'string') {
    found.leftOut.push({ from, reason: server });
    return undefined;
  }
  const { uri = '', url = '' } = server;
  const name =
    tools.serverName(uri) ??
    fitName(textAt(described, 'name') ?? '') ??
    fitName(new URL(url).hostname);
  if (name === undefined) return undefined;
  const same = entry(found.servers, name);
  const free = same === undefined || same.url === server.url ? name : fitName(`${name}-${key}`);
  if (free === undefined) return undefined;
  found.servers[free] ??= server;
  return free;
}

function take(bundle: Bundle, found: Found, tools: ImportTools): void {
  const { key, active } = bundle;
  const credential = takeCredential(bundle, found, tools);
  if (credential === undefined) return;
  const server = takeServer(bundle, credential, found, tools);
  const name = fitName(key);
  if (server === undefined || name === undefined) return;
  const context = entry(found.contexts, name) === undefined ? name : `${name}-2`;
  found.contexts[context] = { server, credential };
  const stored = entry(found.credentials, credential);
  if (stored !== undefined) stored.server ??= server;
  if (active) found.active = context;
}

/**
 * Reads the settings of a file with bundles of one login and one server (`skaha`, and the first
 * releases of `canfar`).
 *
 * @param root - the file's map
 * @param tools - names that are in no file
 */
export function readBundles(root: Foreign, tools: ImportTools): Found {
  const found = nothingFound();
  const active = textAt(root, 'active') ?? 'default';
  const bundles: Bundle[] = [];
  for (const [key, given] of Object.entries(mapAt(root, 'contexts'))) {
    if (isForeign(given)) bundles.push({ key, given, active: key === active });
    else found.leftOut.push({ from: `contexts.${key}`, reason: 'it is not a map' });
  }
  // The first one gives a provider's login; contexts stay in the order of the file.
  for (const bundle of bundles.toSorted(mostUsefulFirst)) take(bundle, found, tools);
  takeRegistry(root, found);
  takeConsole(root, found);
  found.leftOut.push(...unread(root, bundlesShape, found.leftOut));
  return found;
}
