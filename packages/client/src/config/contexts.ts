import { entry, isName, nameRule } from '@skaha/base/names.js';
import { SkahaError, ValidationError } from '../errors/index.js';
import { configurationPath } from './paths.js';
import { type ConfigurationSource, loadConfiguration } from './read.js';
import type { Configuration, CredentialEntry, ServerEntry } from './schema.js';
import { unknownContext } from './unknown-context.js';
import { type UpdateOptions, updateConfiguration } from './write.js';

/** Where the configuration is, and how to wait for it. */
export interface ContextOptions extends ConfigurationSource, UpdateOptions {}

/** A context, for a list. It contains no secret. */
export interface ContextSummary {
  name: string;
  active: boolean;
  /** Name of the server. */
  server: string;
  url: string | undefined;
  version: string | undefined;
  /** Name of the credential. */
  credential: string;
  /** The kind of credential; undefined if it does not exist. */
  mode: CredentialEntry['mode'] | undefined;
  /** File that contains the credential, if it is in one. */
  path: string | undefined;
}

/** A context to add or to replace. */
export interface NewContext {
  /** A letter, then letters, digits, `_` and `-`; at most 64 characters. */
  name: string;
  /** The server, saved under the context's name, or the name of an existing one. */
  server: ServerEntry | string;
  /** The credential, saved under the context's name, or the name of an existing one. */
  credential: CredentialEntry | string;
  /**
   * Whether to make it active: always, never, or only if no context is active. @default 'if-none'
   */
  activate?: 'always' | 'never' | 'if-none' | undefined;
}

const fileOf = (options: ContextOptions): string =>
  options.path ?? configurationPath(options.environment);

function summary(configuration: Configuration, name: string): ContextSummary {
  const context = entry(configuration.contexts, name);
  if (context === undefined) throw unknownContext(name, configuration);
  const server = entry(configuration.servers, context.server);
  const credential = entry(configuration.credentials, context.credential);
  const path = credential !== undefined && 'path' in credential ? credential.path : undefined;
  return {
    name,
    active: configuration.active === name,
    server: context.server,
    url: server?.url,
    version: server?.version,
    credential: context.credential,
    mode: credential?.mode,
    path: typeof path === 'string' ? path : undefined,
  };
}

/**
 * Lists the contexts in the configuration file, in the order of the file.
 *
 * @param options - where the configuration is
 * @throws {SkahaError} `config.invalid` if the file is not valid
 * @example
 * ```ts
 * import { listContexts } from 'skaha/config';
 *
 * for (const { name, active, url } of await listContexts()) {
 *   console.log(active ? '*' : ' ', name, url);
 * }
 * ```
 */
export async function listContexts(options: ContextOptions = {}): Promise<ContextSummary[]> {
  const { configuration } = await loadConfiguration(options);
  return Object.keys(configuration.contexts).map((name) => summary(configuration, name));
}

/**
 * Makes a context the active one.
 *
 * @param name - of an existing context
 * @param options - where the configuration is
 * @returns the context
 * @throws {SkahaError} `context.not_found`, `config.invalid` if the file is not valid,
 *   `config.unwritable`
 * @example
 * ```ts
 * import { useContext } from 'skaha/config';
 *
 * const { url } = await useContext('local');
 * console.log(`From now on sessions run at ${url}.`);
 * ```
 */
export async function useContext(
  name: string,
  options: ContextOptions = {},
): Promise<ContextSummary> {
  const configuration = await updateConfiguration(
    fileOf(options),
    (draft) => {
      if (entry(draft.contexts, name) === undefined) throw unknownContext(name, draft);
      draft.active = name;
    },
    options,
  );
  return summary(configuration, name);
}

/**
 * Adds a context, or replaces the one with that name. Server and credential are saved under the
 * context's name, unless you give the names of existing entries.
 *
 * @param context - name, server and credential; paths may start with `~/`
 * @param options - where the configuration is
 * @returns the context
 * @throws {SkahaError} `request.invalid` for a bad name, `command.validation_failed` for a server
 * or credential that does not exist or is not valid, `config.invalid`, `config.unwritable`
 * @example
 * ```ts
 * import { addContext } from 'skaha/config';
 *
 * await addContext({
 *   name: 'canfar',
 *   server: { url: 'https://ws-uv.canfar.net/skaha', version: 'v1' },
 *   credential: { mode: 'x509', path: '~/.ssl/cadcproxy.pem' },
 * });
 * ```
 */
export async function addContext(
  context: NewContext,
  options: ContextOptions = {},
): Promise<ContextSummary> {
  const { name, server, credential, activate = 'if-none' } = context;
  if (!isName(name)) {
    throw new ValidationError([
      { path: 'name', message: `The context name '${name}' must ${nameRule}.` },
    ]);
  }
  const configuration = await updateConfiguration(
    fileOf(options),
    (draft) => {
      if (typeof server !== 'string') draft.servers[name] = server;
      if (typeof credential !== 'string') draft.credentials[name] = credential;
      draft.contexts[name] = {
        server: typeof server === 'string' ? server : name,
        credential: typeof credential === 'string' ? credential : name,
      };
      const none =
        typeof draft.active !== 'string' || entry(draft.contexts, draft.active) === undefined;
      if (activate === 'always' || (activate === 'if-none' && none)) draft.active = name;
    },
    options,
  );
  return summary(configuration, name);
}

/** A login serves other servers too, and ends by logging out, which involves its provider. */
const isLogin = (credential: CredentialEntry | undefined): boolean =>
  credential?.mode === 'oidc' || (credential?.mode === 'x509' && credential.managed === true);

/**
 * Removes a context, and also its server and credential if no other context uses them. Logins and
 * files with credentials stay. If it was the active context, none is active afterwards.
 *
 * @param name - of an existing context
 * @param options - where the configuration is
 * @returns the context as it was
 * @throws {SkahaError} `context.not_found`, `config.invalid` if the file is not valid,
 *   `config.unwritable`
 */
export async function removeContext(
  name: string,
  options: ContextOptions = {},
): Promise<ContextSummary> {
  const removed: ContextSummary[] = [];
  await updateConfiguration(
    fileOf(options),
    (draft) => {
      const former = summary(draft, name);
      removed.push(former);
      delete draft.contexts[name];
      const others = Object.values(draft.contexts);
      if (!others.some(({ server }) => server === former.server)) {
        delete draft.servers[former.server];
      }
      if (
        !others.some(({ credential }) => credential === former.credential) &&
        !isLogin(entry(draft.credentials, former.credential))
      ) {
        delete draft.credentials[former.credential];
      }
      if (draft.active === name) delete draft.active;
    },
    options,
  );
  const [former] = removed;
  if (former === undefined) throw new SkahaError('internal', 'The edit was not run.');
  return former;
}

/**
 * Removes a server, and the contexts that use it. Credentials stay. If one of these contexts was the
 * active one, none is active afterwards.
 *
 * @param name - of a server in the configuration
 * @param options - where the configuration is
 * @throws {SkahaError} `server.not_found`, `config.invalid` if the file is not valid,
 *   `config.unwritable`
 */
export async function removeServer(name: string, options: ContextOptions = {}): Promise<void> {
  await updateConfiguration(
    fileOf(options),
    (draft) => {
      const { active, contexts, credentials, servers } = draft;
      if (entry(servers, name) === undefined) {
        throw new SkahaError('server.not_found', `There is no server '${name}'.`, { id: name });
      }
      delete servers[name];
      for (const [context, { server }] of Object.entries(contexts)) {
        if (server !== name) continue;
        delete contexts[context];
        if (active === context) delete draft.active;
      }
      for (const credential of Object.values(credentials)) {
        if (credential.server === name) delete credential.server;
      }
    },
    options,
  );
}
