import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import {
  activate,
  type IdentityProvider,
  type LoginMethod,
  listCredentials,
  login,
} from 'skaha/account';
import { type Configuration, type CredentialEntry, loadConfiguration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';
import { identityProvider, identityProviders } from 'skaha/internal/discovery/index.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { credentialDocument } from '../auth/auth-view.js';
import { configurationSource } from '../config/source.js';
import { accountOptions, warnOfVariables } from './account.js';
import { Approval } from './approval.js';
import { askedKind, chooseKind, type LoginKind, modeOfKind } from './kind.js';
import { describeLogin } from './login-view.js';
import { loginMethod } from './method.js';
import { pickServer, saveFound } from './pick-server.js';
import { withReadableConfiguration } from './set-aside.js';
import { onStage } from './stage.js';

export interface LoginCommandOptions {
  provider?: string | undefined;
  force: boolean;
  server?: string | undefined;
  username?: string | undefined;
  passwordStdin: boolean;
  netrc: boolean;
  certificate?: string | undefined;
  daysValid: number;
  tokenStdin: boolean;
  device: boolean;
  web: boolean;
  noBrowser: boolean;
  noQr: boolean;
  discoveryUrl?: string | undefined;
  dev: boolean;
  dead: boolean;
  details: boolean;
  timeout: number;
}

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
      hint: `Name it:  skaha login IDP  with one of ${all.map(({ key }) => key).join(', ')}.`,
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
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
  warnOfVariables(io, configuration.active ?? undefined);
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
  const { key } = provider;
  const user = await onStage(io, deps, key, async (staged, path) => {
    const account = accountOptions(io, staged);
    const staging = withCertificate(method) ? { ...method, path } : method;
    const wanted = { provider: key, method: staging, discovery, force: true, activate: false };
    const made = await login({ ...account, ...wanted }).finally(() => approval.end());
    await saveFound(io, staged, provider, picked.found);
    await activate({ ...account, credential: key, server: picked.name });
    return made.user;
  });
  return user ?? (method.type === 'password' ? method.username : undefined);
}

async function run(io: Io, deps: Deps, options: LoginCommandOptions): Promise<void> {
  const kind = askedKind(options);
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
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

/** Logs in. */
export const runLogin: Run<LoginCommandOptions> = async (io, deps, options) => {
  // The time limit of this command is its own, with a shorter default than that of sessions.
  const timed = { ...deps, globals: { ...deps.globals, timeoutMs: options.timeout } };
  await withReadableConfiguration(io, deps, () => run(io, timed, options));
  return undefined;
};
