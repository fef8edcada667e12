// Each from its own file: the room as a whole brings YAML and the schemas along.

import { type Clock, systemClock } from '@skaha/base/clock.js';
import { entry } from '@skaha/base/names.js';
import { parseServerUrl, type ServerAddress } from '@skaha/base/server-url.js';
import { checkedToken } from '../auth/token.js';
import {
  type EnvironmentSettings,
  readEnvironment,
  refuseUnverified,
} from '../config/environment.js';
import { baseOf, configurationPath, type Environment, expandPath } from '../config/paths.js';
import { loadConfiguration } from '../config/read.js';
import type { Configuration, ServerEntry } from '../config/schema.js';
import { unknownContext } from '../config/unknown-context.js';
import { SkahaError, ValidationError } from '../errors/index.js';
import { runtimeCertificate, savedCredential } from './credentials.js';
import { selectPair, withSelection } from './selection.js';
import type { Connection, ConnectionOptions, Credential, CredentialTools } from './types.js';

/** Where to connect and as whom, before any file was read. */
interface Plan {
  /** A credential given for this run, or none at all; undefined means the context's. */
  runtime:
    | { mode: 'token'; token: string; source: string }
    | { mode: 'certificate'; path: string }
    | { mode: 'anonymous' }
    | undefined;
  url: string | undefined;
  context: string | undefined;
}

interface Given {
  token?: string | undefined;
  certificate?: string | undefined;
}

const beginning =
  "Log in with 'skaha login', or start a platform on this machine with 'skaha platform start'.";

/** Token and certificate count as one thing; a token wins. */
function runtimeCredential(
  given: Given,
  names: { token: string; certificate: string },
  warnings: string[],
): Plan['runtime'] {
  if (given.token !== undefined) {
    if (given.certificate !== undefined) {
      warnings.push(`${names.token} and ${names.certificate} are both set; the token is used.`);
    }
    return { mode: 'token', token: given.token, source: names.token };
  }
  return given.certificate === undefined
    ? undefined
    : { mode: 'certificate', path: given.certificate };
}

function requireUrl(url: string | undefined, what: string): string {
  if (url !== undefined) return url;
  throw new SkahaError('server.required', `${what} was given without the URL of its server.`, {
    hint: 'Also give the URL, with the option url (--url) or SKAHA_URL.',
  });
}

/** Environment credentials belong to the environment's server. */
function checkSameOrigin(optionUrl: string | undefined, environmentUrl: string | undefined): void {
  if (optionUrl === undefined || environmentUrl === undefined) return;
  if (parseServerUrl(optionUrl)?.origin === parseServerUrl(environmentUrl)?.origin) return;
  throw new SkahaError(
    'authentication.required',
    'The credential in the environment belongs to the server in SKAHA_URL, not to the URL that was given.',
    { hint: 'Also give a credential for that URL, or unset SKAHA_TOKEN and SKAHA_CERTIFICATE.' },
  );
}

function makePlan(
  options: ConnectionOptions,
  settings: EnvironmentSettings,
  warnings: string[],
): Plan {
  const fromOptions = runtimeCredential(
    options,
    { token: 'the option token', certificate: 'the option certificate' },
    warnings,
  );
  const url = options.url ?? (options.context === undefined ? settings.url : undefined);
  const context = options.context ?? settings.context;
  if (options.anonymous === true) return { runtime: { mode: 'anonymous' }, url, context };
  if (fromOptions !== undefined) {
    if (options.context !== undefined) {
      throw new ValidationError(
        [{ path: 'context', message: 'A token or certificate cannot be used with a context.' }],
        'Give the URL of the server instead of the context.',
      );
    }
    const what = fromOptions.mode === 'token' ? 'A token' : 'A certificate';
    return { runtime: fromOptions, url: requireUrl(url, what), context: undefined };
  }
  const inEnvironment = settings.token !== undefined || settings.certificate !== undefined;
  if (options.context !== undefined || !inEnvironment) {
    if (inEnvironment) {
      warnings.push('The credential in the environment is not used, because a context was given.');
    }
    return { runtime: undefined, url, context };
  }
  const names = { token: 'SKAHA_TOKEN', certificate: 'SKAHA_CERTIFICATE' };
  const runtime = runtimeCredential(settings, names, warnings);
  checkSameOrigin(options.url, settings.url);
  const required = requireUrl(url, settings.token === undefined ? names.certificate : names.token);
  return { runtime, url: required, context: undefined };
}

interface Target {
  address: ServerAddress;
  version: string;
  /** The configuration's entry for that server, when it has one. */
  server: ServerEntry | undefined;
}

function targetOfUrl(url: string, configuration: Configuration): Target {
  const address = parseServerUrl(url);
  if (address === undefined) {
    throw new ValidationError(
      [
        {
          path: 'url',
          message: 'The server URL must be an http or https URL without user, query or fragment.',
        },
      ],
      'Give it like https://ws-uv.canfar.net/skaha',
    );
  }
  const server = Object.values(configuration.servers).find(
    (candidate) =>
      candidate.url !== undefined && parseServerUrl(candidate.url)?.root === address.root,
  );
  return { address, version: address.version ?? server?.version ?? 'v1', server };
}

function targetOfContext(name: string, configuration: Configuration): Target {
  const context = entry(configuration.contexts, name);
  if (context === undefined) throw unknownContext(name, configuration);
  const server = entry(configuration.servers, context.server);
  const address = server?.url === undefined ? undefined : parseServerUrl(server.url);
  if (server === undefined || address === undefined) {
    throw new SkahaError(
      'config.invalid',
      `The context '${name}' uses the server '${context.server}', which ${server === undefined ? 'does not exist' : 'has no url'}.`,
      { hint: `Set it: 'skaha config set servers.${context.server}.url https://…'`, id: name },
    );
  }
  return { address, version: server.version ?? address.version ?? 'v1', server };
}

function checkScheme({ address, server }: Target, anonymous: boolean): void {
  if (address.secure) return;
  if (address.loopback && (anonymous || server?.insecure === true)) return;
  throw new ValidationError(
    [{ path: 'url', message: `Credentials are not sent to ${address.origin} over plain http.` }],
    address.loopback
      ? 'Use https, or, while developing, give the server an entry with insecure: true in the configuration.'
      : 'Use https.',
  );
}

/** The context whose credential is used: the one asked for, else the active one. */
function chosenContext(plan: Plan, configuration: Configuration): string {
  const name = plan.context ?? configuration.active;
  if (typeof name === 'string') return name;
  const names = Object.keys(configuration.contexts);
  if (plan.url !== undefined) {
    throw new SkahaError('authentication.required', 'There is no credential for the given URL.', {
      hint: 'Give one with SKAHA_TOKEN or SKAHA_CERTIFICATE, or use a context that has one.',
    });
  }
  if (names.length > 0) {
    throw new SkahaError('server.required', 'No context is active, so no server is selected.', {
      hint: `Choose one with 'skaha context use NAME'. These exist: ${names.join(', ')}.`,
    });
  }
  if (name === null) {
    throw new SkahaError(
      'config.login_required_after_reset',
      'All logins were removed, so no Science Platform is set up.',
      { hint: beginning },
    );
  }
  throw new SkahaError('authentication.required', 'No Science Platform is set up yet.', {
    hint: beginning,
  });
}

function savedTarget(plan: Plan, name: string, configuration: Configuration): Target {
  const own = targetOfContext(name, configuration);
  if (plan.url === undefined) return own;
  const target = targetOfUrl(plan.url, configuration);
  if (target.address.origin === own.address.origin) return { ...target, server: own.server };
  throw new SkahaError(
    'authentication.required',
    `The credential of context '${name}' belongs to ${own.address.origin} and is not sent to ${target.address.origin}.`,
    { hint: 'Use the context of that server, or give a credential for it in SKAHA_TOKEN.' },
  );
}

function locate(plan: Plan, configuration: Configuration) {
  if (plan.runtime !== undefined && plan.url !== undefined) {
    return { target: targetOfUrl(plan.url, configuration), context: undefined };
  }
  const context = chosenContext(plan, configuration);
  return { target: savedTarget(plan, context, configuration), context };
}

async function runtimeProof(
  runtime: NonNullable<Plan['runtime']>,
  environment: Environment,
  tools: CredentialTools,
): Promise<Credential> {
  if (runtime.mode === 'anonymous') return { mode: 'anonymous' };
  if (runtime.mode === 'certificate') {
    return runtimeCertificate(expandPath(runtime.path, environment), tools);
  }
  const token = checkedToken(runtime.token, runtime.source);
  return { mode: 'token', runtime: true, read: async () => token };
}

function registriesOf(configuration: Configuration, settings: EnvironmentSettings) {
  // One whose secret the keyring does not give is left out; a warning has said so.
  const saved = Object.entries(configuration.registries).flatMap(([host, { username, secret }]) =>
    secret === '' ? [] : [[host, { username, secret }] as const],
  );
  const registries = Object.fromEntries(saved);
  const { registry } = settings;
  if (registry === undefined) return registries;
  const { host } = registry;
  const known = entry(registries, host);
  // What neither has is empty, which only a launch that needs the account complains about.
  const { username = known?.username ?? '', secret = known?.secret ?? '' } = registry;
  return { ...registries, [host]: { username, secret } };
}

const authoritiesReader = (path: string) => async (): Promise<string> =>
  (await import('../auth/certificate.js')).readAuthorities(path);

/**
 * Decides where to connect and as whom. Token and certificate count as one group: those in the
 * options come first, then those in the environment, then the context's. A saved credential goes
 * to its context's server only.
 *
 * @param options - what the caller asked for
 * @param environment - the variables; those of the process by default
 * @param clock - what certificate dates are compared with
 * @returns the connection, with warnings to show to the user
 * @throws {SkahaError} `server.required`, `authentication.required`, `config.login_required_after_reset`,
 * `authentication.credential_missing`, `authentication.credential_invalid`,
 * `authentication.expired`, `config.invalid`, `context.not_found`, `request.invalid`
 */
export async function resolveConnection(
  options: ConnectionOptions,
  environment: Environment = process.env,
  clock: Clock = systemClock,
): Promise<Connection> {
  refuseUnverified(environment);
  const settings = readEnvironment(environment);
  const warnings = [...settings.warnings];
  const plan = makePlan(withSelection(options), settings, warnings);
  const path =
    options.config === undefined
      ? configurationPath(environment)
      : expandPath(options.config, environment);
  const loaded = await loadConfiguration({ path, environment });
  warnings.push(...loaded.warnings);
  const usual = settings.context ?? loaded.configuration.active ?? undefined;
  const { configuration, context: selected } = selectPair(options, loaded.configuration, usual);
  plan.context = selected ?? plan.context;
  const local = (file: string) => expandPath(file, environment, baseOf(path));
  const { target, context } = locate(plan, configuration);
  checkScheme(target, plan.runtime?.mode === 'anonymous');
  const given = options.ca ?? settings.ca;
  const chosen = given === undefined ? undefined : expandPath(given, environment);
  const authority = chosen ?? target.server?.ca;
  // Who names an authority wants the server judged by it, which is done over TLS only.
  const socket = chosen === undefined ? target.server?.socket : undefined;
  const readCa = authority === undefined ? undefined : authoritiesReader(local(authority));
  const { proxy } = options;
  const tools = { local, clock, warnings, file: path, authority: chosen, proxy };
  const credential =
    plan.runtime === undefined
      ? await savedCredential(context ?? '', configuration, tools)
      : await runtimeProof(plan.runtime, environment, tools);
  return {
    root: target.address.root,
    version: target.version,
    credential,
    // Needed only where nothing answers at the socket.
    ...(socket === undefined ? { ca: await readCa?.() } : { readCa }),
    socket: socket === undefined ? undefined : local(socket),
    proxy,
    context,
    storage: target.server?.storage,
    registries: registriesOf(configuration, settings),
    warnings,
  };
}
