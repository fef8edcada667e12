import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { entry } from '@skaha/base/names.js';
import { isServer } from '@skaha/base/server-url.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, pad, plain, width } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import type { Option } from '@skaha/terminal/prompts/types.js';
import { isSkahaError, SkahaError } from 'skaha';
import {
  activate,
  type CredentialSummary,
  type IdentityProvider,
  identityProvider,
  identityProviders,
  type LoginMethod,
  listServers,
  login,
  type ServerSummary,
  type SkippedServer,
  saveServers,
  stagedLogin,
} from 'skaha/account';
import { type Configuration, loadConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource, readConfiguration, warn } from '../../configuration/configuration.js';
import type { Deps } from '../../environment/deps.js';
import { reworded } from '../../output/outcome.js';
import { accountOptions, findServers, warnOfVariables } from '../account.js';
import { limitLine } from '../limits.js';
import { localAccount } from '../platform/module.js';
import type { loginCommand } from './definitions.js';
import { askedKind, type LoginCommandOptions, type LoginKind, loginMethod } from './method.js';
import { findLogin, loginDocument } from './run.js';

async function chooseProvider(
  io: Io,
  deps: Deps,
  options: LoginCommandOptions,
  configuration: Configuration,
): Promise<IdentityProvider> {
  const ofServer = entry(configuration.servers, options.server ?? '')?.provider;
  const named = options.provider ?? deps.globals.idp ?? ofServer;
  if (named !== undefined) return identityProvider(named, configuration);
  const all = identityProviders(configuration);
  const chosen = await ask(
    io,
    deps,
    'The identity provider is missing.',
    `Use 'skaha login IDP' with one of ${all.map(({ key }) => key).join(', ')}.`,
    (prompts) =>
      prompts.choose(
        'Identity provider',
        all.map(({ key, name }) => ({ value: key, label: `${name} (${key})` })),
        io.signal,
      ),
  );
  return identityProvider(chosen, configuration);
}

/** Whether there is a valid login of the kind that is asked for. */
async function isLoggedIn(
  io: Io,
  deps: Deps,
  key: string,
  kind: LoginKind | undefined,
  configuration: Configuration,
): Promise<boolean> {
  // Who brings a certificate or token wants that one.
  if (kind === 'certificate' || kind === 'token') return false;
  const stored = entry(configuration.credentials, key);
  // A token in a file of somebody else's, such as the local platform's, is no login.
  if (stored === undefined || (stored.mode === 'token' && stored.path !== undefined)) return false;
  const mode = kind === 'device' || kind === 'browser' ? 'oidc' : 'x509';
  if (kind !== undefined && stored.mode !== mode) return false;
  return (await findLogin(io, deps, key)).state === 'valid';
}

function serverMenu(
  servers: readonly ServerSummary[],
  skipped: readonly SkippedServer[],
  { dead, details }: LoginCommandOptions,
  known: Configuration['servers'],
): Option[] {
  const widest = Math.max(...servers.map(({ name }) => width(name)));
  const alive = servers.map(({ name, uri, url }) => {
    // What was known of it when it was last tried: that decides for many.
    const limits = entry(known, name)?.limits;
    return {
      value: name,
      label: details ? `${pad(name, widest)}  ${uri ?? ''}  ${url ?? ''}` : name,
      hint: details ? undefined : [url, limits && limitLine(limits)].filter(Boolean).join('  '),
    };
  });
  if (!dead) return alive;
  const others = skipped.map(({ name, uri, url, reason }) => ({
    value: `${uri} ${url}`,
    label: `${pad(name ?? uri, widest)}  ${details ? `${uri}  ${url}  ` : ''}(dead: ${reason})`,
    disabled: true,
  }));
  return [...alive, ...others];
}

function noServerError(key: string, skipped: readonly SkippedServer[]): SkahaError {
  const [first] = skipped;
  const why =
    first === undefined
      ? ''
      : ` ${count(skipped.length, 'server')} could not be used, for example ${first.url}: ${first.reason}.`;
  return new SkahaError('server.none_available', `There is no server for '${key}'.${why}`, {
    hint: "Try again later, or add a context for one yourself: 'skaha context add'",
    id: key,
  });
}

/**
 * Chooses the server of a login before anything is asked of the user: the one that is named, the
 * one used last, the only one, or the one picked from a menu.
 *
 * @returns its name, and the servers that were found on the way; nothing of it is saved yet
 * @throws {SkahaError} `server.not_found`, `server.none_available`, `server.discovery_failed`,
 * `interaction.required` when there are several and nobody to ask, `command.cancelled`
 */
async function chooseServer(
  io: Io,
  deps: Deps,
  provider: IdentityProvider,
  configuration: Configuration,
  options: LoginCommandOptions,
): Promise<{ name: string; found: readonly ServerSummary[] }> {
  const { key } = provider;
  const { server: selector } = options;
  const { config } = deps.globals;
  const known = await listServers({ config, environment: io.env, provider: key });
  const last = entry(configuration.credentials, key)?.server;
  const remembered = known.find((one) =>
    selector === undefined ? one.name === last : isServer(selector, one),
  );
  if (remembered !== undefined) return { name: remembered.name, found: [] };
  const text = `Looking for servers of ${provider.name} …`;
  const search = { provider: key, dev: options.dev, save: false };
  const { servers: found, skipped } = await findServers(io, deps, text, search).catch((error) => {
    if (!isSkahaError(error, 'server.discovery_failed') || known.length === 0) throw error;
    warn(io, `${error.message} The servers found earlier are offered instead.`);
    return { servers: known, skipped: [] };
  });
  const names = found.map(({ name }) => name).join(', ');
  if (selector !== undefined) {
    const named = found.find((one) => isServer(selector, one));
    if (named !== undefined) return { name: named.name, found };
    throw new SkahaError('server.not_found', `There is no server '${selector}' for '${key}'.`, {
      hint: `These exist: ${names || 'none'}.`,
      id: selector,
    });
  }
  const [only] = found;
  if (only === undefined) throw noServerError(key, skipped);
  if (found.length === 1) return { name: only.name, found };
  const name = await ask(
    io,
    deps,
    `There are ${found.length} servers for '${key}', and none was chosen.`,
    `Choose one with --server NAME: ${names}.`,
    (prompts) => {
      const menu = serverMenu(found, skipped, options, configuration.servers);
      return prompts.choose('Server', menu, io.signal);
    },
  );
  return { name, found };
}

/** A platform of this machine has made the password itself: nobody can know it by heart. */
async function withPasswordFile(
  error: unknown,
  method: LoginMethod,
  ca: string | undefined,
): Promise<never> {
  if (method.type !== 'password' || !isSkahaError(error, 'authentication.denied')) throw error;
  const account = await localAccount(ca);
  if (account === undefined) throw error;
  const { user } = account;
  const whose = account.passwordFile(method.username) === undefined ? user : method.username;
  const file = account.passwordFile(whose);
  throw reworded(error, {
    hint: `${whose === method.username ? '' : `The user of this platform is '${user}'. `}${
      file === undefined
        ? 'Its password is in its configuration.'
        : `The password of ${whose} is in ${file}`
    }`,
  });
}

/** @returns the user's name, if it is known */
async function logIn(
  io: Io,
  deps: Deps,
  options: LoginCommandOptions,
  provider: IdentityProvider,
  configuration: Configuration,
): Promise<string | undefined> {
  const { name, found } = await chooseServer(io, deps, provider, configuration, options);
  const waiting = new AbortController();
  const method = await loginMethod(io, deps, options, provider, waiting.signal);
  const isFetched = method.type === 'password' || method.type === 'netrc';
  const { key, ca } = provider;
  const user = await stagedLogin(key, accountOptions(io, deps), async (staged, path) => {
    const result = await login({
      ...staged,
      provider: key,
      method: isFetched ? { ...method, path } : method,
      discovery: options.discoveryUrl,
      force: true,
      activate: false,
    })
      .catch((error: unknown) => withPasswordFile(error, method, ca))
      .finally(() => waiting.abort());
    if (found.length > 0) await saveServers(found, { ...staged, provider: key });
    if (found.length > 1) {
      note(io, `${found.length} servers were found; see them with 'skaha server ls'.`);
    }
    await activate({ ...staged, credential: key, server: name });
    return result.user;
  });
  return user ?? (method.type === 'password' ? method.username : undefined);
}

/** What a login has come to, in words. */
function describeLogin(
  { name, expiry, renewable, server, active }: CredentialSummary,
  user: string | undefined,
  alreadyLoggedIn: boolean,
  now: number,
): string[] {
  const as = user === undefined ? '' : ` as ${plain(user)}`;
  const end = expiry === null ? undefined : new Date(expiry * 1000);
  const until = end === undefined || renewable ? '' : ` until ${utc(end)} (${relative(end, now)})`;
  const [logged, from] = alreadyLoggedIn ? ['Already logged', ''] : ['Logged', ' from now on'];
  return [
    `${logged} in to ${name}${as}${until}.`,
    active && server !== undefined
      ? `Sessions run at ${server}${from}.`
      : `Another login is active. Switch to this one with 'skaha auth use ${name}'.`,
    ...(alreadyLoggedIn ? ['Log in again with --force.'] : []),
  ];
}

async function loginOrKeep(io: Io, deps: Deps, options: LoginCommandOptions): Promise<void> {
  const kind = askedKind(options);
  const configuration = await readConfiguration(io, deps);
  const provider = await chooseProvider(io, deps, options, configuration);
  const { key } = provider;
  const { force, server, dev } = options;
  const alreadyLoggedIn = !force && (await isLoggedIn(io, deps, key, kind, configuration));
  let user: string | undefined;
  if (!alreadyLoggedIn) user = await logIn(io, deps, options, provider, configuration);
  else if (server !== undefined || typeof configuration.active !== 'string') {
    await activate({ ...accountOptions(io, deps), credential: key, server, dev });
  }
  const result = await findLogin(io, deps, key);
  await render(io, { data: loginDocument(result), table: () => '' });
  for (const line of describeLogin(result, user, alreadyLoggedIn, deps.now())) note(io, line);
  const { active } = await readConfiguration(io, deps);
  warnOfVariables(io, active ?? undefined);
}

export const runLogin: Run<typeof loginCommand> = async (io, deps, options) => {
  // The time limit of this command is its own, with a shorter default than that of sessions.
  const timed = { ...deps, globals: { ...deps.globals, timeoutMs: options.timeout } };
  await withReadableConfiguration(io, deps, () => loginOrKeep(io, timed, options));
};

/**
 * Does something that needs a configuration that can be read. One that cannot is set aside, under
 * a name that says when; it comes back when nothing was written in its place.
 */
export async function withReadableConfiguration(
  io: Io,
  deps: Deps,
  work: () => Promise<void>,
): Promise<void> {
  const source = configurationSource(io, deps);
  const problem = await loadConfiguration(source).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (problem === undefined) return work();
  if (!isSkahaError(problem, 'config.invalid')) throw problem;
  const aside = `${source.path}.${new Date(deps.now()).toISOString().replace(/[:.]/g, '-')}`;
  try {
    await rename(source.path, aside);
  } catch {
    throw problem;
  }
  try {
    await work();
    warn(io, `${problem.message} It was moved to ${aside}.`);
  } finally {
    if (!existsSync(source.path)) await rename(aside, source.path);
  }
}
