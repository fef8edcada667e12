import { once } from 'node:events';
import { isIP } from 'node:net';
import { entry } from '@skaha/base/names.js';
import { firstLine } from '@skaha/base/redact.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import {
  type ClientResponse,
  isSkahaError,
  readAvailability,
  type SkahaClient,
  type SkahaError,
} from 'skaha';
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
import { configurationSource } from '../../configuration/configuration.js';
import { consoleProblems } from '../../configuration/console.js';
import type { Deps } from '../../environment/deps.js';
import { toSkahaError } from '../../output/report.js';
import { accountOptions } from '../account.js';
import type { doctorCommand } from './definitions.js';

/** What one check found out; the names of its fields are a promise. */
export interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  hint: string | null;
}

/** What a check says; its name is added. */
type Verdict = Omit<Finding, 'check'>;

const ok = (message: string): Verdict => ({ status: 'ok', message, hint: null });
const warn = (message: string, hint: string): Verdict => ({ status: 'warn', message, hint });
const fail = (message: string, hint: string): Verdict => ({ status: 'fail', message, hint });

const failed = ({ message, hint }: SkahaError): Verdict => ({
  status: 'fail',
  message,
  hint: hint ?? null,
});

/** How long one check may take, in milliseconds. */
const timeLimitOf = ({ globals }: Deps): number => globals.timeoutMs ?? 10_000;

/**
 * Makes one check, within bounds. Whatever it meets becomes its verdict.
 *
 * @param work - gets a signal that also aborts when time is up
 * @throws the reason of `io.signal` when that aborts
 */
async function examine(
  check: string,
  io: Io,
  deps: Deps,
  work: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Finding> {
  io.signal.throwIfAborted();
  const limit = timeLimitOf(deps);
  try {
    const verdict = await withDeadline(deps.clock, limit, io.signal, (signal) => {
      const isOver = once(signal, 'abort').then(() => Promise.reject(signal.reason));
      // Not everything that is waited for can be stopped; it is then left to itself.
      return Promise.race([work(signal), isOver]);
    });
    return { check, ...verdict };
  } catch (error) {
    io.signal.throwIfAborted();
    if (!(error instanceof DeadlineReached)) return { check, ...failed(toSkahaError(error)) };
    const message = `There was no answer within ${limit / 1000} seconds.`;
    return { check, ...fail(message, 'Check the network, or allow more time with --timeout.') };
  }
}

/** What every check of the server works with. */
interface ServerTools {
  io: Io;
  deps: Deps;
  route: ServerRoute;
}

type ServerCheck = (tools: ServerTools, signal: AbortSignal) => Promise<Verdict>;

function whyNoProxy(root: string): string {
  const { hostname } = new URL(root);
  const named = Object.keys(process.env).filter(
    (name) => /^(?:https?|all)_proxy$/i.test(name) && process.env[name],
  );
  if (named.length === 0) return 'No proxy is used: no variable sets one.';
  const reason = isLoopback(root)
    ? 'it is on this machine'
    : 'NO_PROXY includes it, or no proxy applies to it';
  return `No proxy is used for ${hostname}: ${reason} (${named.join(', ')}).`;
}

/** Says which proxy is used, and makes a connection through it. */
const checkProxy: ServerCheck = async ({ route }, signal) => {
  const proxy = route.proxy();
  if (proxy === undefined) return ok(whyNoProxy(route.root));
  await route.tunnel(signal);
  const { host } = new URL(route.root);
  return ok(`${proxy.address} (${proxy.source}) connects to ${host}.`);
};

/** Says whose word is taken for a server's certificate. */
const checkAuthorities: ServerCheck = async ({ route }) => {
  const sources = route.authorities().map(({ name, certificates }) => ({
    name: name ?? 'the file given with --ca or SKAHA_CA',
    count: certificates,
  }));
  const empty = sources.filter(({ count }) => count === 0).map(({ name }) => name);
  return empty.length > 0
    ? warn(
        `There is no readable certificate in ${empty.join(' and ')}.`,
        'Correct or unset the variable.',
      )
    : ok(`${sources.map(({ name, count }) => `${name}: ${count}`).join('; ')}.`);
};

const checkName: ServerCheck = async ({ route }) => {
  const host = new URL(route.root).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return ok(`${host} is an address; there is nothing to look up.`);
  if (route.proxy() !== undefined) return ok(`The proxy looks ${host} up.`);
  return ok(`${host} is ${(await route.lookUp()).join(', ')}.`);
};

const certificateWarningMs = 14 * 86_400_000;

const checkTls: ServerCheck = async ({ deps, route }, signal) => {
  if (!route.root.startsWith('https:')) {
    return warn('The server is used without TLS.', 'Use its https address.');
  }
  const { protocol, certificateEnd: end } = await route.handshake(signal);
  const now = deps.now();
  const text = `${protocol}; the certificate of the server expires at ${utc(end)} (${relative(end, now)}).`;
  return end.getTime() - now < certificateWarningMs
    ? warn(text, "Tell the platform's support that its certificate is about to expire.")
    : ok(text);
};

/** Further off, and certificates and tokens that begin now are refused. */
const clockWarningMs = 60_000;
const clockFailureMs = 300_000;

function clockVerdict(date: string | undefined, before: number, after: number): Verdict {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) {
    return warn(
      'The server does not report its time.',
      'Check the clock of this machine yourself.',
    );
  }
  // The header has whole seconds.
  const off = Math.round((theirs + 500 - (before + after) / 2) / 1000);
  const seconds = Math.abs(off);
  if (seconds <= 1) return ok('The clock of this machine agrees with that of the server.');
  const text = `The clock of this machine is ${seconds} seconds ${off > 0 ? 'behind' : 'ahead of'} that of the server.`;
  if (seconds * 1000 <= clockWarningMs) return ok(text);
  const verdict = seconds * 1000 > clockFailureMs ? fail : warn;
  return verdict(text, 'Set the clock of this machine.');
}

/** Who else had the answer in hands, where that shows. */
function gatewayVerdict({ header }: ClientResponse): Verdict | undefined {
  const server = header('server') ?? '';
  const via = header('via');
  const seen = [/\bcadc-/i.test(server) ? '' : server, via ? `via ${via}` : ''];
  const names = seen.map((name) => firstLine(name, 80)).filter((name) => name !== '');
  if (names.length === 0) return undefined;
  return ok(`Replies of the platform come through ${names.join(', ')}.`);
}

/**
 * Asks whether the server is available, compares its clock with ours, and reports what shows itself
 * in between.
 */
async function checkAvailability({ io, deps }: ServerTools): Promise<Finding[]> {
  let gateway: Verdict | undefined;
  let clock: Verdict = warn(
    'The clock could not be compared with that of the server.',
    'Check the clock.',
  );
  const available = await examine('availability', io, deps, async (signal) => {
    const client = await deps.client();
    const before = deps.now();
    const reply = await client.request({
      method: 'GET',
      path: ['availability'],
      base: 'root',
      anonymous: true,
      accept: 'application/xml, text/xml',
      retry: 'never',
      timeoutMs: timeLimitOf(deps),
      signal,
    });
    const after = deps.now();
    clock = clockVerdict(reply.header('date'), before, after);
    gateway = gatewayVerdict(reply);
    const { available, note } = readAvailability(reply.text());
    const said = note === undefined ? '' : `: ${plain(note).replace(/\.$/, '')}`;
    return available
      ? ok(`The platform is available${said} (${after - before} ms).`)
      : fail(`The platform is not available${said}.`, 'Try again later.');
  });
  const between = gateway === undefined ? [] : [{ check: 'gateway', ...gateway }];
  return [available, ...between, { check: 'clock', ...clock }];
}

/** Whether an answer is a list, as that of a platform is. */
function isExpected(reply: ClientResponse): boolean {
  try {
    return Array.isArray(reply.json());
  } catch {
    return false;
  }
}

/** Asks for something that only users get. */
const checkAccess: ServerCheck = async ({ deps }, signal) => {
  const client = await deps.client();
  const { mode } = await client.connection();
  if (mode === 'anonymous') return warn('Nobody is logged in.', "Log in: 'skaha login'");
  const timeoutMs = timeLimitOf(deps);
  const path = ['session'];
  await client.request({ method: 'GET', path, retry: 'never', isExpected, timeoutMs, signal });
  return ok('The server accepts the login.');
};

/** Makes every check of a server at once. */
async function examineServer(tools: ServerTools): Promise<Finding[]> {
  const one = (name: string, check: ServerCheck) =>
    examine(name, tools.io, tools.deps, (signal) => check(tools, signal));
  const findings = await Promise.all([
    one('dns', checkName),
    one('proxy', checkProxy),
    one('authorities', checkAuthorities),
    one('tls', checkTls),
    checkAvailability(tools),
    one('access', checkAccess),
  ]);
  return findings.flat();
}

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
