import { entry } from '@skaha/base/names.js';
import { isServer } from '@skaha/base/server-url.js';
import type { Configuration } from '../config/schema.js';
import { SkahaError, ValidationError } from '../errors/index.js';

/** Which server and which login are meant for one call, instead of a context. */
export interface Selection {
  /** Name, URI or URL of a server in the configuration. */
  server?: string | undefined;
  /** Name of a login, or key of its identity provider. */
  idp?: string | undefined;
}

/** A pair that is meant, as a context; the configuration has it even when the file has not. */
export interface SelectedPair {
  /** Undefined when nothing was selected. */
  context: string | undefined;
  configuration: Configuration;
}

const selects = ({ server, idp }: Selection): boolean => server !== undefined || idp !== undefined;

/**
 * Makes a selection count as a named context; which one is known once the file has been read.
 *
 * @param options - as the caller gave them
 * @throws {ValidationError} `request.invalid` when there is a context too
 */
export function withSelection<Options extends Selection & { context?: string | undefined }>(
  options: Options,
): Options {
  if (!selects(options)) return options;
  if (options.context === undefined) return { ...options, context: '' };
  throw new ValidationError(
    [{ path: 'context', message: 'A context cannot be combined with a server or a login.' }],
    'Give the context, or the server and the identity provider.',
  );
}

/**
 * Finds a server by name, URI or URL.
 *
 * @param selector - as the user wrote it
 * @throws {SkahaError} `server.not_found`
 */
function findServer(selector: string, { servers }: Configuration): string {
  const names = Object.keys(servers);
  const found = names.find((name) => isServer(selector, { ...entry(servers, name), name }));
  if (found !== undefined) return found;
  throw new SkahaError('server.not_found', `There is no server '${selector}'.`, {
    hint: `These are saved: ${names.join(', ') || 'none'}. Look for others with 'skaha server ls --refresh'.`,
    id: selector,
  });
}

function findLogin(idp: string, { credentials }: Configuration): string {
  if (entry(credentials, idp) !== undefined) return idp;
  const found = Object.entries(credentials).find(([, { provider }]) => provider === idp)?.[0];
  if (found !== undefined) return found;
  throw new SkahaError('authentication.required', `You are not logged in to '${idp}'.`, {
    hint: `Log in: 'skaha login ${idp}'`,
    id: idp,
  });
}

/** A login goes to servers of its own provider, and to those a context pairs it with. */
function belongTogether(server: string, login: string, configuration: Configuration): boolean {
  const provider = entry(configuration.credentials, login)?.provider ?? login;
  return (
    entry(configuration.servers, server)?.provider === provider ||
    Object.values(configuration.contexts).some(
      (context) => context.server === server && context.credential === login,
    )
  );
}

function loginFor(server: string, usual: string | undefined, configuration: Configuration): string {
  const names = Object.keys(configuration.credentials);
  const candidates = usual === undefined ? names : [usual, ...names];
  const found = candidates.find((login) => belongTogether(server, login, configuration));
  if (found !== undefined) return found;
  const provider = entry(configuration.servers, server)?.provider;
  throw new SkahaError('authentication.required', `You have no login for the server '${server}'.`, {
    hint:
      provider === undefined
        ? "Use a context for it; see 'skaha context ls'."
        : `Log in: 'skaha login ${provider}'`,
    id: server,
  });
}

function serverFor(login: string, usual: string | undefined, configuration: Configuration): string {
  const fits = (server: string | undefined): server is string =>
    server !== undefined &&
    entry(configuration.servers, server) !== undefined &&
    belongTogether(server, login, configuration);
  if (fits(usual)) return usual;
  const last = entry(configuration.credentials, login)?.server;
  if (fits(last)) return last;
  const all = Object.keys(configuration.servers).filter(fits);
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  throw new SkahaError('server.required', `No server is selected for the login '${login}'.`, {
    hint:
      all.length === 0
        ? "Find one with 'skaha server ls'."
        : `These are possible: ${all.join(', ')}.`,
    id: login,
  });
}

/**
 * Finds the pair of server and login that is meant. What is not said is taken from the usual
 * context where that fits, else from what was used last. A login is never sent to a server that it
 * does not belong to.
 *
 * @param selection - what is meant; nothing is done when it is empty
 * @param configuration - where both are
 * @param usual - name of the context that would be used otherwise
 * @throws {SkahaError} `server.not_found`, `server.required`, `authentication.required`
 */
export function selectPair(
  selection: Selection,
  configuration: Configuration,
  usual: string | undefined,
): SelectedPair {
  if (!selects(selection)) return { context: undefined, configuration };
  const former = usual === undefined ? undefined : entry(configuration.contexts, usual);
  const login = selection.idp === undefined ? undefined : findLogin(selection.idp, configuration);
  const named =
    selection.server === undefined ? undefined : findServer(selection.server, configuration);
  const server = named ?? serverFor(login ?? '', former?.server, configuration);
  const credential = login ?? loginFor(server, former?.credential, configuration);
  if (!belongTogether(server, credential, configuration)) {
    throw new SkahaError(
      'authentication.required',
      `The login '${credential}' is not for the server '${server}', so it was not sent there.`,
      { hint: "List the servers of each login with 'skaha server ls --all-idps'.", id: server },
    );
  }
  const existing = Object.entries(configuration.contexts).find(
    ([, pair]) => pair.server === server && pair.credential === credential,
  )?.[0];
  if (existing !== undefined) return { context: existing, configuration };
  // A name that no context can have, so that nothing is hidden by it.
  const context = `${credential}@${server}`;
  const contexts = { ...configuration.contexts, [context]: { server, credential } };
  return { context, configuration: { ...configuration, contexts } };
}
