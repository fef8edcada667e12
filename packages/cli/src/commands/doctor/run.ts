import { entry } from '@skaha/base/names.js';
import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { isSkahaError, type SkahaClient, type SkahaError } from 'skaha';
import {
  askRegistries,
  type IdentityProvider,
  identityProviders,
  readCredential,
  type ServerRoute,
  serverRoute,
} from 'skaha/account';
import {
  type Configuration,
  type EnvironmentSettings,
  examineEnvironment,
  type LoadedConfiguration,
  loadConfiguration,
} from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../../configuration.js';
import type { Deps } from '../../deps.js';
import { consoleProblems } from '../../output/console.js';
import { accountOptions } from '../account.js';
import {
  examine,
  examineServer,
  type Finding,
  fail,
  failed,
  ok,
  timeLimitOf,
  type Verdict,
  warn,
} from './checks.js';
import type { doctorCommand } from './definitions.js';

const dayMs = 86_400_000;

/** What neither the variables nor the file know of the account for a registry. */
function accountProblems(
  { registries }: Configuration,
  registry: EnvironmentSettings['registry'],
): string[] {
  if (registry === undefined) return [];
  const { host } = registry;
  const known = entry(registries, host);
  const { username = known?.username, secret = known?.secret } = registry;
  if (!username) return [`No user name is known for the secret of the registry ${host}.`];
  return secret ? [] : [`No secret is known for the user name of the registry ${host}.`];
}

function configurationVerdict(loaded: LoadedConfiguration, io: Io): Verdict {
  const { path, exists, warnings, configuration } = loaded;
  const { settings, issues } = examineEnvironment(io.env);
  const variables = [
    ...issues.map(({ message }) => message),
    ...accountProblems(configuration, settings.registry),
    ...settings.warnings,
    ...settings.foreign,
    ...consoleProblems(io.env),
  ];
  const hints = [
    ...(warnings.length > 0 ? ["Correct the file with 'skaha config edit'."] : []),
    ...(variables.length > 0 ? ['Correct or unset the variables.'] : []),
  ];
  if (hints.length === 0) return ok(exists ? path : `${path} does not exist, so nothing is set.`);
  const verdict = issues.length > 0 ? fail : warn;
  return verdict([...warnings, ...variables].join(' '), hints.join(' '));
}

async function loginVerdict(client: SkahaClient, now: number): Promise<Verdict> {
  const { context, mode, root } = await client.connection();
  if (mode === 'anonymous') return warn(`Nobody is logged in at ${root}.`, 'Log in.');
  const kind = mode === 'x509' ? 'certificate' : 'token';
  const where = context === undefined ? root : `${root} (context ${context})`;
  const { expires: end, lasts } = await readCredential(client);
  if (end === undefined) return ok(`A ${kind} for ${where}.`);
  const text = `The ${kind} for ${where} expires at ${utc(end)} (${relative(end, now)}).`;
  const left = end.getTime() - now;
  if (left <= 0) return fail(text, "Log in again: 'skaha login'");
  const soon = mode === 'x509' ? 3 * dayMs : dayMs;
  if (left >= soon || lasts) return ok(text);
  return warn(text, "Log in again before then: 'skaha login --force'");
}

/** Errors of somebody who has not logged in yet, and so has nothing that is broken. */
const isLoggedOut = (error: unknown): error is SkahaError =>
  isSkahaError(error, 'authentication.required') ||
  isSkahaError(error, 'config.login_required_after_reset') ||
  isSkahaError(error, 'server.required');

/** Providers that logins are from; without any login those a login would most likely be from. */
function providersOf(configuration: Configuration): IdentityProvider[] {
  const all = identityProviders(configuration);
  const contexts = Object.values(configuration.contexts);
  const used = contexts.flatMap(({ credential, server }) => [
    entry(configuration.credentials, credential)?.provider ?? credential,
    entry(configuration.servers, server)?.provider ?? credential,
  ]);
  if (contexts.length > 0) return all.filter(({ key }) => used.includes(key));
  const own = all.filter(({ builtIn }) => !builtIn);
  return own.length > 0 ? own : all;
}

/** Asks the registries that lead to servers of an identity provider. */
async function registriesVerdict(
  provider: IdentityProvider,
  io: Io,
  deps: Deps,
  signal: AbortSignal,
): Promise<Verdict> {
  const hint =
    'Servers that are already saved can be used without it. Check the network, or try later.';
  const options = { ...accountOptions(io, deps), timeoutMs: timeLimitOf(deps), signal };
  try {
    const reports = await askRegistries(provider, options);
    const silent = reports.filter(({ reason }) => reason !== undefined);
    const names = reports.map(({ name }) => name).join(', ');
    if (silent.length === 0) return ok(`${names} answered.`);
    return warn(silent.map(({ name, reason }) => `${name}: ${reason}`).join(' '), hint);
  } catch (error) {
    if (!isSkahaError(error, 'server.discovery_failed')) throw error;
    return fail(error.message, hint);
  }
}

const inks = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function listed(io: Io, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .flatMap(({ check, status, message, hint }) => [
      `${io.style(inks[status], pad(status, 4))}  ${pad(check, width)}  ${plain(message)}`,
      ...(hint === null ? [] : [`${' '.repeat(width + 8)}${plain(hint)}`]),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

export const runDoctor: Run<typeof doctorCommand> = async (io, deps) => {
  const found: { configuration?: Configuration; route?: ServerRoute } = {};
  const configuration = await examine('configuration', io, deps, async () => {
    const loaded = await loadConfiguration(configurationSource(io, deps));
    found.configuration = loaded.configuration;
    return configurationVerdict(loaded, io);
  });
  const login = await examine('login', io, deps, async () => {
    if (configuration.status === 'fail')
      return warn(
        'This cannot be checked while the configuration is not valid.',
        'Fix that first.',
      );
    try {
      const client = await deps.client();
      found.route = await serverRoute(client);
      return await loginVerdict(client, deps.now());
    } catch (error) {
      if (!isLoggedOut(error)) throw error;
      return { ...failed(error), status: 'warn' };
    }
  });
  const { route } = found;
  const providers = found.configuration === undefined ? [] : providersOf(found.configuration);
  const rest = await Promise.all([
    route === undefined ? [] : examineServer({ io, deps, route }),
    ...providers.map((provider) =>
      examine(`registry ${provider.key}`, io, deps, (signal) =>
        registriesVerdict(provider, io, deps, signal),
      ),
    ),
  ]);
  const findings = [configuration, login, ...rest.flat()];
  await render(io, {
    data: findings,
    table: () => listed(io, findings),
    names: () => findings.filter(({ status }) => status === 'fail').map(({ check }) => check),
  });
  return findings.some(({ status }) => status === 'fail') ? 1 : undefined;
};
