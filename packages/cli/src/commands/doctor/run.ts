import { entry } from '@skaha/base/names.js';
import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { isSkahaError, type SkahaClient } from 'skaha';
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
import { accountOptions } from '../login/account.js';
import type { doctorCommand } from './definitions.js';
import {
  examine,
  type Finding,
  fail,
  failed,
  type Health,
  ok,
  timeLimitOf,
  type Verdict,
  warn,
} from './findings.js';
import { serverChecks } from './server-checks.js';

const dayMs = 86_400_000;

/** A check, and what it found for the others. */
interface Checked<Found> {
  finding: Finding;
  found: Found | undefined;
}

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
  if (warnings.length + variables.length > 0) {
    const hints = [
      ...(warnings.length > 0 ? ["Correct the file with 'skaha config edit'."] : []),
      ...(variables.length > 0 ? ['Correct or unset the variables.'] : []),
    ];
    const verdict = issues.length > 0 ? fail : warn;
    return verdict([...warnings, ...variables].join(' '), hints.join(' '));
  }
  return ok(exists ? path : `${path} does not exist, so nothing is set.`);
}

async function checkConfiguration(io: Io, deps: Deps): Promise<Checked<Configuration>> {
  let found: Configuration | undefined;
  const finding = await examine('configuration', io, deps, async () => {
    const loaded = await loadConfiguration(configurationSource(io, deps));
    found = loaded.configuration;
    return configurationVerdict(loaded, io);
  });
  return { finding, found };
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
  if (left < soon && !lasts) {
    return warn(text, "Log in again before then: 'skaha login --force'");
  }
  return ok(text);
}

/** Finds out where the command would connect, and how long it may. */
async function checkLogin(
  io: Io,
  deps: Deps,
  configuration: Checked<Configuration>,
): Promise<Checked<ServerRoute>> {
  let found: ServerRoute | undefined;
  const finding = await examine('login', io, deps, async () => {
    if (configuration.finding.status === 'fail') {
      return warn(
        'This cannot be checked while the configuration is not valid.',
        'Fix that first.',
      );
    }
    try {
      const client = await deps.client();
      found = await serverRoute(client);
      return await loginVerdict(client, deps.now());
    } catch (error) {
      // Who has not logged in yet has nothing that is broken.
      const isAbsent =
        isSkahaError(error, 'authentication.required') ||
        isSkahaError(error, 'config.login_required_after_reset') ||
        isSkahaError(error, 'server.required');
      if (!isAbsent) throw error;
      return { ...failed(error), status: 'warn' };
    }
  });
  return { finding, found };
}

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

const hint =
  'Servers that are already saved can be used without it. Check the network, or try later.';

async function verdictOf(
  provider: IdentityProvider,
  io: Io,
  deps: Deps,
  signal: AbortSignal,
): Promise<Verdict> {
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

/** Asks the registries that lead to servers, those of each identity provider at once. */
function checkRegistries(configuration: Configuration, io: Io, deps: Deps): Promise<Finding[]> {
  return Promise.all(
    providersOf(configuration).map((provider) =>
      examine(`registry ${provider.key}`, io, deps, (signal) =>
        verdictOf(provider, io, deps, signal),
      ),
    ),
  );
}

const inks: Readonly<Record<Health, Ink>> = { ok: 'green', warn: 'yellow', fail: 'red' };

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
  const configuration = await checkConfiguration(io, deps);
  const login = await checkLogin(io, deps, configuration);
  const server = login.found === undefined ? [] : serverChecks({ io, deps, route: login.found });
  const registries = configuration.found && checkRegistries(configuration.found, io, deps);
  const rest = (await Promise.all([...server, registries ?? []])).flat();
  const findings = [configuration.finding, login.finding, ...rest];
  await render(io, {
    data: findings,
    table: () => listed(io, findings),
    names: () => findings.filter(({ status }) => status === 'fail').map(({ check }) => check),
  });
  return findings.some(({ status }) => status === 'fail') ? 1 : undefined;
};
