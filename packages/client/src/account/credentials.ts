import { unlink } from 'node:fs/promises';
import { entry } from '@skaha/base/names.js';
import { systemCode } from '@skaha/base/system-code.js';
import { readRecord, revokeLogin } from '../auth/oidc/index.js';
import type { Configuration, CredentialEntry } from '../config/schema.js';
import { knownProvider } from '../discovery/index.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { type CredentialState, credentialState } from './credential-state.js';
import { activeContext } from './servers.js';
import { type AccountOptions, type AccountTools, withTools } from './tools.js';

/** A saved login, for a list. It contains no secret. */
export interface CredentialSummary extends CredentialState {
  /** Name of the login, usually that of its identity provider. */
  name: string;
  /** Key of the identity provider; undefined for one that is not known. */
  provider: string | undefined;
  /** Full name of the provider. */
  providerName: string | undefined;
  mode: CredentialEntry['mode'];
  /** File that contains the certificate or token; undefined if it is in the configuration. */
  path: string | undefined;
  /** Whether the active context uses it. */
  active: boolean;
  /** The active server if the login is active, otherwise the one last used with it. */
  server: string | undefined;
}

/** How to remove a login. */
export interface RemoveOptions extends AccountOptions {
  /** Remove the login even if the active context uses it. @default false */
  force?: boolean | undefined;
}

/** The result of removing a login. */
export interface RemovedCredential {
  name: string;
  /** Whether the provider has revoked its tokens; undefined if there was nothing to revoke. */
  revoked: boolean | undefined;
  /** The certificate file that was deleted; only files that a login wrote are deleted. */
  deletedFile: string | undefined;
}

const pathOf = (stored: CredentialEntry): string | undefined =>
  stored.mode === 'oidc' ? undefined : stored.path;

/**
 * Describes a saved login.
 *
 * @param configuration - where it is
 * @param name - of a login that exists
 * @param tools - of the call
 */
export async function credentialSummary(
  configuration: Configuration,
  name: string,
  tools: AccountTools,
): Promise<CredentialSummary> {
  const stored = entry(configuration.credentials, name);
  if (stored === undefined) throw notLoggedIn(name);
  const key = stored.provider ?? name;
  const provider = knownProvider(key, configuration);
  const pair = activeContext(configuration);
  const active = pair?.credential === name;
  const path = pathOf(stored);
  const local = (file: string) => tools.local(file);
  return {
    name,
    provider: provider?.key,
    providerName: provider?.name,
    mode: stored.mode,
    path: path === undefined ? undefined : tools.local(path),
    active,
    server: active ? pair.server : stored.server,
    ...(await credentialState(stored, name, { local, now: tools.clock.now() })),
  };
}

function notLoggedIn(name: string): SkahaError {
  return new SkahaError('authentication.required', `You are not logged in to '${name}'.`, {
    hint: "See your logins with 'skaha auth ls'.",
    id: name,
  });
}

/**
 * Lists the saved logins and their state, without sending anything.
 *
 * @param options - where the configuration is
 * @throws {SkahaError} `config.invalid`
 * @example
 * ```ts
 * import { listCredentials } from 'skaha/account';
 *
 * for (const { name, state, expiry } of await listCredentials()) {
 *   console.log(name, state, expiry === null ? '' : new Date(expiry * 1000).toISOString());
 * }
 * ```
 */
export function listCredentials(options: AccountOptions = {}): Promise<CredentialSummary[]> {
  return withTools(options, async (tools) => {
    const configuration = await tools.load();
    const names = Object.keys(configuration.credentials);
    return Promise.all(names.map((name) => credentialSummary(configuration, name, tools)));
  });
}

/** Asks the provider to revoke the tokens; a user can log out even if it does not answer. */
async function revoke(
  configuration: Configuration,
  name: string,
  stored: CredentialEntry,
  tools: AccountTools,
): Promise<boolean | undefined> {
  if (stored.mode !== 'oidc') return undefined;
  try {
    const { client, issuer, revocationEndpoint, refresh, access } = readRecord(stored, name);
    if (client === undefined || issuer === undefined) return undefined;
    const key = stored.provider ?? name;
    const provider = knownProvider(key, configuration);
    const development = provider?.development === true;
    const transport = await tools.transport(provider?.ca, development);
    const metadata =
      revocationEndpoint === undefined ? {} : { revocation_endpoint: revocationEndpoint };
    const tokens = [
      { token: refresh, type: 'refresh_token' as const },
      { token: access, type: 'access_token' as const },
    ].flatMap(({ token, type }) => (token === undefined ? [] : [{ token, type }]));
    const { timeoutMs, signal } = tools;
    return await revokeLogin({ issuer, metadata: { issuer, ...metadata } }, client, tokens, {
      transport,
      timeoutMs,
      development,
      signal,
    });
  } catch (error) {
    tools.signal?.throwIfAborted();
    if (isSkahaError(error)) return false;
    throw error;
  }
}

async function deleteFile(
  stored: CredentialEntry,
  tools: AccountTools,
): Promise<string | undefined> {
  if (stored.mode !== 'x509' || stored.managed !== true) return undefined;
  const path = tools.local(stored.path);
  try {
    await unlink(path);
    return path;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      tools.warn(`The certificate ${path} could not be deleted; delete it yourself.`);
    return undefined;
  }
}

/** Takes a login out, with the contexts that use it and the servers found through it. */
function takeOut(draft: Configuration, name: string): void {
  const key = entry(draft.credentials, name)?.provider ?? name;
  delete draft.credentials[name];
  for (const [context, { credential }] of Object.entries(draft.contexts)) {
    if (credential === name) delete draft.contexts[context];
  }
  const used = new Set(Object.values(draft.contexts).map(({ server }) => server));
  const others = Object.entries(draft.credentials).some(
    ([other, stored]) => (stored.provider ?? other) === key,
  );
  for (const [server, { provider }] of Object.entries(draft.servers)) {
    if (provider === key && !others && !used.has(server)) delete draft.servers[server];
  }
  if (typeof draft.active === 'string' && entry(draft.contexts, draft.active) === undefined) {
    delete draft.active;
  }
}

/**
 * Removes a saved login: asks its provider to revoke the tokens (best effort, 5 seconds), removes
 * it from the configuration, together with the contexts that use it and the servers found through
 * it, and deletes the certificate file if a login wrote it.
 *
 * @param name - of the login
 * @param options - whether to remove the active one too
 * @throws {SkahaError} `authentication.required` if there is none, or if it is active and `force`
 *   is not set; `config.invalid`, `config.unwritable`
 */
export function removeCredential(
  name: string,
  options: RemoveOptions = {},
): Promise<RemovedCredential> {
  return withTools(options, async (tools) => {
    const configuration = await tools.load();
    const stored = entry(configuration.credentials, name);
    if (stored === undefined) throw notLoggedIn(name);
    if (options.force !== true && activeContext(configuration)?.credential === name) {
      throw new SkahaError('authentication.required', `The login '${name}' is in use.`, {
        hint: 'Switch to another one first, or remove it anyway with --force.',
        id: name,
      });
    }
    const revoked = await revoke(configuration, name, stored, tools);
    await tools.update((draft) => takeOut(draft, name));
    return { name, revoked, deletedFile: await deleteFile(stored, tools) };
  });
}

/**
 * Removes every login, context and server. The settings of registries, identity providers and the
 * console stay.
 *
 * @param options - `force` must be set
 * @throws {SkahaError} `authentication.required` without `force`, `config.invalid`,
 * `config.unwritable`
 */
export function purgeCredentials(options: RemoveOptions = {}): Promise<RemovedCredential[]> {
  return withTools(options, async (tools) => {
    if (options.force !== true) {
      throw new SkahaError('authentication.required', 'Removing every login needs --force.', {
        hint: 'Repeat it with --force if you mean it.',
      });
    }
    const configuration = await tools.load();
    const removed: RemovedCredential[] = [];
    for (const [name, stored] of Object.entries(configuration.credentials)) {
      const revoked = await revoke(configuration, name, stored, tools);
      removed.push({ name, revoked, deletedFile: undefined });
    }
    await tools.update((draft) => {
      // Without contexts, `active: null` says that there once were some.
      Object.assign(draft, { active: null, contexts: {}, servers: {}, credentials: {} });
    });
    for (const one of removed) {
      const stored = entry(configuration.credentials, one.name);
      if (stored !== undefined) one.deletedFile = await deleteFile(stored, tools);
    }
    return removed;
  });
}
