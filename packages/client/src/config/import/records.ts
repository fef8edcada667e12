import { entry, isName } from '@skaha/base/names.js';
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
import { takeLimits } from './limits.js';
import { type Foreign, isForeign, mapAt, textAt } from './python-file.js';
import { recordsShape, unread } from './shapes.js';

function takeCredentials(root: Foreign, found: Found, tools: ImportTools): void {
  for (const [key, given] of Object.entries(mapAt(root, 'authentication'))) {
    const from = `authentication.${key}`;
    const leave = (reason: string) => found.leftOut.push({ from, reason });
    if (!isForeign(given)) leave('it is not a map');
    else if (!isName(key)) leave('its name is not valid');
    else {
      const mode = textAt(given, 'mode');
      const named = textAt(given, 'idp') ?? key;
      const provider = isName(named) ? named : key;
      const made =
        mode === 'x509'
          ? readCertificate(given, provider)
          : mode === 'oidc'
            ? readLogin(given, provider, tools)
            : 'its mode is not known';
      if (typeof made === 'string') leave(made);
      else found.credentials[key] = made;
    }
  }
}

/** A name of ours that no other server of the file has. */
function freeName(key: string, found: Found): string | undefined {
  const name = fitName(key);
  if (name === undefined) return undefined;
  let free = name;
  for (let number = 2; entry(found.servers, free) !== undefined; number += 1)
    free = `${name}-${number}`;
  return free;
}

function takeServers(root: Foreign, found: Found): Map<string, string> {
  const names = new Map<string, string>();
  for (const [key, given] of Object.entries(mapAt(root, 'servers'))) {
    const from = `servers.${key}`;
    const leave = (reason: string) => found.leftOut.push({ from, reason });
    if (!isForeign(given)) {
      leave('it is not a map');
      continue;
    }
    const made = readServer(given, textAt(given, 'idp'), (part, reason) =>
      found.leftOut.push({ from: `${from}.${part}`, reason }),
    );
    const name = freeName(key, found);
    if (typeof made === 'string') leave(made);
    else if (name === undefined) leave('its name is not valid');
    else {
      found.servers[name] = made;
      names.set(key, name);
      takeLimits(given, made, from, found);
    }
  }
  return names;
}

/** The login for the servers of a provider: the one in use, else the one of its name, else any. */
function loginFor(provider: string, inUse: string, { credentials }: Found): string | undefined {
  const fits = (name: string) => entry(credentials, name)?.provider === provider;
  if (fits(inUse)) return inUse;
  return fits(provider) ? provider : Object.keys(credentials).find(fits);
}

/** What is in use as the file has it; the client takes the last server of a login for none. */
function inUse(root: Foreign, found: Found, names: ReadonlyMap<string, string>) {
  const active = mapAt(root, 'active');
  const login = textAt(active, 'authentication') ?? '';
  const last = textAt(active, 'server') ?? textAt(mapAt(active, 'servers'), login);
  const server = last === undefined ? undefined : names.get(last);
  const leave = (reason: string) => found.leftOut.push({ from: 'active', reason });
  if (server !== undefined && entry(found.credentials, login) !== undefined)
    return { login, server };
  if (Object.keys(active).length === 0) return { login: '', server: undefined };
  const own = Object.entries(found.servers).filter(
    ([, { provider = '' }]) => loginFor(provider, login, found) === login,
  );
  const [[only] = [undefined], second] = own;
  if (last === undefined && only !== undefined && second === undefined) {
    found.activeReason =
      'the file names no server in use; this is the only one of the login in use';
    return { login, server: only };
  }
  if (last === undefined) leave('it names no server');
  else if (server === undefined) leave('its server was not imported, or is not in the file');
  else leave('its login was not imported, or is not in the file');
  return { login, server };
}

/** Each server together with the login that is meant for it; the pair in use is the active one. */
function makeContexts(root: Foreign, found: Found, names: ReadonlyMap<string, string>): void {
  const { login, server } = inUse(root, found, names);
  for (const [name, { provider = '' }] of Object.entries(found.servers)) {
    const credential = loginFor(provider, login, found);
    if (credential !== undefined) found.contexts[name] = { server: name, credential };
  }
  const remembered = mapAt(mapAt(root, 'active'), 'servers');
  for (const [key, last] of Object.entries(remembered)) {
    const stored = entry(found.credentials, loginFor(key, login, found) ?? key);
    const name = typeof last === 'string' ? names.get(last) : undefined;
    if (stored !== undefined && name !== undefined) stored.server = name;
    else if (typeof last === 'string')
      found.leftOut.push({
        from: `active.servers.${key}`,
        reason: 'its server or login was not imported',
      });
  }
  const stored = entry(found.credentials, login);
  if (server === undefined || stored === undefined) return;
  stored.server = server;
  const same = entry(found.contexts, server);
  const context = same === undefined || same.credential === login ? server : `${server}-${login}`;
  found.contexts[context] = { server, credential: login };
  found.active = context;
}

/**
 * Reads the settings of a file with logins and servers apart (`canfar`, versions 1 and 2).
 *
 * @param root - the file's map
 * @param tools - names that are in no file
 */
export function readRecords(root: Foreign, tools: ImportTools): Found {
  const found = nothingFound();
  takeCredentials(root, found, tools);
  makeContexts(root, found, takeServers(root, found));
  takeRegistry(root, found);
  takeConsole(root, found);
  found.leftOut.push(...unread(root, recordsShape, found.leftOut));
  return found;
}
