import { entry } from '@skaha/base/names.js';
import type { Io } from '@skaha/terminal/io.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { count, pad, width } from '@skaha/terminal/output/text.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import type { Option } from '@skaha/terminal/prompts/types.js';
import { isSkahaError, SkahaError } from 'skaha';
import {
  discoverServers,
  type IdentityProvider,
  type ServerSummary,
  type SkippedServer,
} from 'skaha/account';
import type { Configuration } from 'skaha/config';
import { warn } from '../../configuration.js';
import type { Deps } from '../../deps.js';
import { accountOptions } from '../account.js';
import { limitLine } from '../limits.js';

export interface PickOptions {
  server?: string | undefined;
  dev: boolean;
  dead: boolean;
  details: boolean;
}

/** A server for a login, and what was found on the way; nothing of it is saved yet. */
export interface PickedServer {
  name: string;
  found: readonly ServerSummary[];
}

const knownServers = (configuration: Configuration, provider: string): ServerSummary[] =>
  Object.entries(configuration.servers)
    .filter(([, server]) => server.provider === provider)
    .map(([name, server]) => ({
      name,
      uri: server.uri,
      url: server.url,
      version: server.version,
      auths: server.auths ?? [],
      provider,
      active: false,
    }));

const matches = (server: ServerSummary, selector: string): boolean =>
  server.name === selector ||
  server.uri === selector ||
  server.url?.replace(/(?<!\/)\/+$/, '') === selector.replace(/\/(?:v\d+\/?)?$/, '');

/** Looks for the servers of a provider; anonymous, and nothing is saved. */
async function look(io: Io, deps: Deps, provider: IdentityProvider, dev: boolean) {
  const progress = createProgress(io);
  progress.show(`Looking for servers of ${provider.name} …`);
  try {
    const options = { ...accountOptions(io, deps), provider: provider.key, dev, save: false };
    return await discoverServers(options);
  } finally {
    progress.clear();
  }
}

/** What was known of it when it was last tried: that decides for many. */
function offerOf({ servers }: Configuration, name: string): string | undefined {
  const limits = entry(servers, name)?.limits;
  return limits === undefined ? undefined : limitLine(limits);
}

function menu(
  servers: readonly ServerSummary[],
  skipped: readonly SkippedServer[],
  { dead, details }: PickOptions,
  known: Configuration,
): Option[] {
  const widest = Math.max(...servers.map(({ name }) => width(name)));
  const alive = servers.map(({ name, uri, url }) => ({
    value: name,
    label: details ? `${pad(name, widest)}  ${uri ?? ''}  ${url ?? ''}` : name,
    hint: details ? undefined : [url, offerOf(known, name)].filter(Boolean).join('  '),
  }));
  const others = skipped.map(({ name, uri, url, reason }) => ({
    value: `${uri} ${url}`,
    label: `${pad(name ?? uri, widest)}  ${details ? `${uri}  ${url}  ` : ''}(dead: ${reason})`,
    disabled: true,
  }));
  return dead ? [...alive, ...others] : alive;
}

function notFound(selector: string, key: string, servers: readonly ServerSummary[]): SkahaError {
  const names = servers.map(({ name }) => name).join(', ');
  return new SkahaError('server.not_found', `There is no server '${selector}' for '${key}'.`, {
    hint: `These exist: ${names || 'none'}.`,
    id: selector,
  });
}

function noneAvailable(key: string, skipped: readonly SkippedServer[]): SkahaError {
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
 * @throws {SkahaError} `server.not_found`, `server.none_available`, `server.discovery_failed`,
 * `interaction.required` when there are several and nobody to ask, `command.cancelled`
 */
export async function pickServer(
  io: Io,
  deps: Deps,
  provider: IdentityProvider,
  configuration: Configuration,
  options: PickOptions,
): Promise<PickedServer> {
  const known = knownServers(configuration, provider.key);
  const { server: selector } = options;
  const last = entry(configuration.credentials, provider.key)?.server;
  const remembered = known.find((one) =>
    selector === undefined ? one.name === last : matches(one, selector),
  );
  if (remembered !== undefined) return { name: remembered.name, found: [] };
  const { servers, skipped } = await look(io, deps, provider, options.dev).catch((error) => {
    if (!isSkahaError(error, 'server.discovery_failed') || known.length === 0) throw error;
    warn(io, `${error.message} The servers found earlier are offered instead.`);
    return { servers: known, skipped: [] };
  });
  if (selector !== undefined) {
    const named = servers.find((one) => matches(one, selector));
    if (named === undefined) throw notFound(selector, provider.key, servers);
    return { name: named.name, found: servers };
  }
  const [only] = servers;
  if (only === undefined) throw noneAvailable(provider.key, skipped);
  if (servers.length === 1) return { name: only.name, found: servers };
  const names = servers.map(({ name }) => name).join(', ');
  const name = await ask(
    io,
    deps,
    {
      what: `There are ${servers.length} servers for '${provider.key}', and none was chosen.`,
      hint: `Choose one with --server NAME: ${names}.`,
    },
    (prompts) =>
      prompts.choose('Server', menu(servers, skipped, options, configuration), io.signal),
  );
  return { name, found: servers };
}
