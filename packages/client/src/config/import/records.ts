import { entry, isName } from '@skaha/base/names.js';
import {
  type Found,
  fitName,
  type ImportTools,
  nothingFound,
  readCertificate,
  readLogin,
  readServer,
  reportOthers,
  takeConsole,
  takeRegistry,
} from './found.js';
import { takeLimits } from './limits.js';
import { type Foreign, isForeign, mapAt, textAt } from './python-file.js';

const known = ['version', 'active', 'authentication', 'servers', 'registry', 'console'];

function takeCredentials(root: Foreign, found: Found, tools: ImportTools): void {
  for (const [key, given] of Object.entries(mapAt(root, 'authentication'))) {
    const from = `authentication.${key}`;
    const leave = (reason: string) => found.leftOut.push({ from, reason });
    if (!isForeign(given)) leave('it is not a map');
    else if (!isName(key)) leave('its name is not valid');
    else {
      const mode = textAt(given, 'mode');
      const made =
        mode === 'x509'
          ? readCertificate(given, key)
          : mode === 'oidc'
            ? readLogin(given, key, tools)
            : 'its mode is not known';
      if (typeof made === 'string') leave(made);
      else found.credentials[key] = made;
    }
  }
}

function takeServers(root: Foreign, found: Found): Map<string, string> {
  const names = new Map<string, string>();
  for (const [key, given] of Object.entries(mapAt(root, 'servers'))) {
    const from = `servers.${key}`;
    const name = fitName(key);
    const made = isForeign(given) ? readServer(given, textAt(given, 'idp')) : 'it is not a map';
    if (typeof made === 'string') found.leftOut.push({ from, reason: made });
    else if (name === undefined) found.leftOut.push({ from, reason: 'its name is not valid' });
    else {
      found.servers[name] = made;
      names.set(key, name);
      if (isForeign(given)) takeLimits(given, made, from, found);
    }
  }
  return names;
}

/** Each server together with the login that is meant for it; the pair in use is the active one. */
function makeContexts(root: Foreign, found: Found, names: ReadonlyMap<string, string>): void {
  const active = mapAt(root, 'active');
  const login = textAt(active, 'authentication') ?? '';
  const server = names.get(textAt(active, 'server') ?? '');
  for (const [name, { provider = '' }] of Object.entries(found.servers)) {
    if (entry(found.credentials, provider) === undefined) continue;
    found.contexts[name] = { server: name, credential: provider };
  }
  const remembered = { ...mapAt(active, 'servers'), ...(server && { [login]: active['server'] }) };
  for (const [key, last] of Object.entries(remembered)) {
    const stored = entry(found.credentials, key);
    const name = typeof last === 'string' ? names.get(last) : undefined;
    if (stored !== undefined && name !== undefined) stored.server = name;
  }
  if (server === undefined || entry(found.credentials, login) === undefined) {
    found.leftOut.push({ from: 'active', reason: 'its server or login was not imported' });
    return;
  }
  const same = entry(found.contexts, server);
  const context = same === undefined || same.credential === login ? server : `${server}-${login}`;
  found.contexts[context] = { server, credential: login };
  found.active = context;
}

/**
 * Reads the settings of a file with logins and servers apart (`canfar`, versions 1 and 2).
 *
 * @param root - the file's map
 * @param tools - names that stand in no file
 */
export function readRecords(root: Foreign, tools: ImportTools): Found {
  const found = nothingFound();
  takeCredentials(root, found, tools);
  makeContexts(root, found, takeServers(root, found));
  takeRegistry(root, found);
  takeConsole(root, found);
  reportOthers(root, known, found);
  return found;
}
