import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { entry } from '@skaha/base/names.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import { isSkahaError } from 'skaha';
import {
  type AccountOptions,
  activate,
  type IdentityProvider,
  identityProvider,
  identityProviders,
  type LoginMethod,
  listCredentials,
  login,
  type ServerSummary,
  saveServers,
  stagedLogin,
} from 'skaha/account';
import { type Configuration, type CredentialEntry, loadConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource, readConfiguration, warn } from '../../configuration.js';
import type { Deps } from '../../deps.js';
import { reworded } from '../../output/outcome.js';
import { accountOptions, describeLogin, warnOfVariables } from '../account.js';
import { localAccount } from '../platform/module.js';
import { Approval } from './approval.js';
import type { loginCommand } from './login-definitions.js';
import {
  askedKind,
  chooseKind,
  type LoginCommandOptions,
  type LoginKind,
  loginMethod,
  modeOfKind,
} from './method.js';
import { pickServer } from './pick-server.js';
import { credentialDocument } from './run.js';

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
    {
      what: 'The identity provider is missing.',
      hint: `Use 'skaha login IDP' with one of ${all.map(({ key }) => key).join(', ')}.`,
    },
    (prompts) =>
      prompts.choose(
        'Identity provider',
        all.map(({ key, name }) => ({ value: key, label: `${name} (${key})` })),
        io.signal,
      ),
  );
  return identityProvider(chosen, configuration);
}

/** A token in a file of somebody else's, such as the local platform's, is no login. */
const isLogin = (stored: CredentialEntry | undefined): boolean =>
  stored !== undefined && !(stored.mode === 'token' && stored.path !== undefined);

async function keepLogin(
  io: Io,
  deps: Deps,
  key: string,
  kind: LoginKind | undefined,
  configuration: Configuration,
): Promise<boolean> {
  const stored = entry(configuration.credentials, key);
  // Who brings a certificate or token wants that one.
  if (kind === 'certificate' || kind === 'token') return false;
  if (!isLogin(stored) || (kind !== undefined && modeOfKind[kind] !== stored?.mode)) return false;
  const all = await listCredentials(accountOptions(io, deps));
  return all.find(({ name }) => name === key)?.state === 'valid';
}

async function report(io: Io, deps: Deps, key: string, told: { user?: string; kept: boolean }) {
  const credentials = await listCredentials(accountOptions(io, deps));
  const credential = credentials.find(({ name }) => name === key);
  if (credential === undefined) return;
  await render(io, { data: credentialDocument(credential), table: () => '' });
  for (const line of describeLogin(credential, told, deps.now())) note(io, line);
  const configuration = await readConfiguration(io, deps);
  warnOfVariables(io, configuration.active ?? undefined);
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

/** Whether a login ends with a certificate that is fetched, and so with a new file. */
const withCertificate = ({ type }: LoginMethod): boolean => type === 'password' || type === 'netrc';

async function logIn(
  io: Io,
  deps: Deps,
  options: LoginCommandOptions,
  provider: IdentityProvider,
  configuration: Configuration,
): Promise<string | undefined> {
  const picked = await pickServer(io, deps, provider, configuration, options);
  const kind = askedKind(options) ?? (await chooseKind(io, deps, provider));
  const approval = new Approval(io, deps, options);
  const method = await loginMethod(io, deps, options, { kind, provider, approval });
  const { discoveryUrl: discovery } = options;
  const { key, ca } = provider;
  const user = await stagedLogin(key, accountOptions(io, deps), async (staged, path) => {
    const staging = withCertificate(method) ? { ...method, path } : method;
    const wanted = { provider: key, method: staging, discovery, force: true, activate: false };
    const made = await login({ ...staged, ...wanted })
      .catch((error: unknown) => withPasswordFile(error, method, ca))
      .finally(() => approval.end());
    await saveFound(io, staged, key, picked.found);
    await activate({ ...staged, credential: key, server: picked.name });
    return made.user;
  });
  return user ?? (method.type === 'password' ? method.username : undefined);
}

/** Saves the servers that were found on the way, under the names that were offered. */
async function saveFound(
  io: Io,
  staged: AccountOptions,
  provider: string,
  found: readonly ServerSummary[],
): Promise<void> {
  if (found.length === 0) return;
  await saveServers(found, { ...staged, provider });
  if (!isMachine(io.format) && found.length > 1) {
    note(io, `${found.length} servers were found; see them with 'skaha server ls'.`);
  }
}

async function run(io: Io, deps: Deps, options: LoginCommandOptions): Promise<void> {
  const kind = askedKind(options);
  const configuration = await readConfiguration(io, deps);
  const provider = await chooseProvider(io, deps, options, configuration);
  const { key } = provider;
  if (!options.force && (await keepLogin(io, deps, key, kind, configuration))) {
    if (options.server !== undefined || typeof configuration.active !== 'string') {
      await activate({
        ...accountOptions(io, deps),
        credential: key,
        server: options.server,
        dev: options.dev,
      });
    }
    await report(io, deps, key, { kept: true });
    return;
  }
  const user = await logIn(io, deps, options, provider, configuration);
  await report(io, deps, key, { kept: false, ...(user === undefined ? {} : { user }) });
}

export const runLogin: Run<typeof loginCommand> = async (io, deps, options) => {
  // The time limit of this command is its own, with a shorter default than that of sessions.
  const timed = { ...deps, globals: { ...deps.globals, timeoutMs: options.timeout } };
  await withReadableConfiguration(io, deps, () => run(io, timed, options));
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
