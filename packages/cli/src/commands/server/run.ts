import { entry, isName, nameRule } from '@skaha/base/names.js';
import { isServer, parseServerUrl } from '@skaha/base/server-url.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { renderItem } from '@skaha/terminal/output/render.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaError } from 'skaha';
import {
  askServer,
  type DiscoveredServers,
  identityProvider,
  listCredentials,
  listProviders,
  type SkippedServer,
  useServer,
} from 'skaha/account';
import { type Configuration, expandPath, removeServer, type ServerEntry } from 'skaha/config';
import { fieldsOf, type Run } from '../../command.js';
import {
  changeConfiguration,
  configurationSource,
  readConfiguration,
  warn,
} from '../../configuration/configuration.js';
import type { Deps } from '../../environment/deps.js';
import { accountOptions, findServers, noteActive, serverAddress } from '../account.js';
import { limitFields, limitLine } from '../limits.js';
import type * as def from './definitions.js';
import { serverFields } from './definitions.js';

/** A saved server. */
interface SavedServer extends ServerEntry {
  name: string;
  active: boolean;
  /** Whether it answered just now; undefined when it was not asked. */
  status?: 'live' | 'dead';
  /** How long it took to answer, in milliseconds. */
  latencyMs?: number | undefined;
}

function savedServers({ active, contexts, servers }: Configuration): SavedServer[] {
  const context = typeof active === 'string' ? entry(contexts, active) : undefined;
  return Object.entries(servers).map(([name, server]) => ({
    ...server,
    name,
    active: context?.server === name,
  }));
}

const limitsFields = fieldsOf('flexible fixed gpus sessions read');
const storageFields = fieldsOf('uri url');

/** A server for programs; the names of its fields are a promise. */
function serverDocument({ limits, storage = {}, ...server }: SavedServer) {
  const { provider: idp, defaults, latencyMs } = server;
  return documentOf(serverFields, {
    ...server,
    idp,
    cores: defaults?.cores,
    ram: defaults?.memory,
    gpus: defaults?.gpus,
    limits: limits && documentOf(limitsFields, limits),
    storage: Object.fromEntries(
      Object.entries(storage).map(([name, one]) => [name, documentOf(storageFields, one)]),
    ),
    latency_ms: latencyMs,
  });
}

const serverColumns: readonly Column<SavedServer>[] = [
  column('', ({ active }) => (active ? '*' : '')),
  column('NAME', ({ name }) => name, { ink: ({ active }) => (active ? 'green' : undefined) }),
  column('IDP', ({ provider }) => provider ?? '-'),
  column('URL', ({ url }) => url ?? '-', { shrinkTo: 24 }),
  column('VERSION', ({ version }) => version ?? '-'),
  column('OFFERS', ({ limits }) => (limits && limitLine(limits)) || '-', {
    shrinkTo: 10,
    dropFirst: 1,
  }),
  column('TAKES', ({ auths }) => auths?.join(', ') ?? '-'),
  column('STATUS', ({ status }) => status ?? '-', {
    ink: ({ status }) => (status === 'dead' ? 'red' : status === 'live' ? 'green' : undefined),
  }),
  column('LATENCY', ({ latencyMs }) =>
    latencyMs === undefined ? '-' : `${Math.round(latencyMs)} ms`,
  ),
];

/** What the registries of some providers list; that one of several fails is only a warning. */
async function searchAll(
  io: Io,
  deps: Deps,
  providers: readonly string[],
  dev: boolean,
): Promise<DiscoveredServers[]> {
  const found: DiscoveredServers[] = [];
  for (const provider of providers) {
    try {
      found.push(await findServers(io, deps, 'Looking for servers …', { provider, dev }));
    } catch (error) {
      if (providers.length === 1 || !isSkahaError(error)) throw error;
      warn(io, error.message);
    }
  }
  return found;
}

/** The providers whose servers are meant; none when nobody is logged in and none is named. */
async function providersToList(io: Io, deps: Deps, allIdps: boolean): Promise<string[]> {
  const options = accountOptions(io, deps);
  if (allIdps) {
    const providers = await listProviders(options);
    return providers.filter(({ saved }) => saved).map(({ key }) => key);
  }
  const { idp } = deps.globals;
  if (idp !== undefined) return [idp];
  const used = (await listCredentials(options)).find(({ active }) => active);
  return used === undefined ? [] : [used.provider ?? used.name];
}

/** All servers, or those of some providers and those that are used with their logins; by name. */
function serversToList(
  configuration: Configuration,
  providers: readonly string[],
  all: boolean,
): SavedServer[] {
  const paired = Object.values(configuration.contexts)
    .filter(({ credential }) => providers.includes(credential))
    .map(({ server }) => server);
  return savedServers(configuration)
    .filter(
      ({ name, provider = '' }) => all || providers.includes(provider) || paired.includes(name),
    )
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
}

function noServerError(
  providers: readonly string[],
  skipped: readonly SkippedServer[],
): SkahaError {
  if (providers.length === 0) {
    return new SkahaError('authentication.required', 'You are not logged in.', {
      hint: "Log in with 'skaha login', or name a provider: 'skaha server ls --idp IDP'",
    });
  }
  const [first] = skipped;
  const why = first === undefined ? '' : ` For example ${first.url}: ${first.reason}.`;
  return new SkahaError(
    'server.none_available',
    `There is no server for ${providers.map((key) => `'${key}'`).join(', ')}.${why}`,
    { hint: "Run 'skaha login' to discover servers, or add a context: 'skaha context add'" },
  );
}

export const runServerLs: Run<typeof def.serverLsCommand> = async (io, deps, options) => {
  const { allIdps, dead, dev } = options;
  const providers = await providersToList(io, deps, allIdps);
  const read = async () => serversToList(await readConfiguration(io, deps), providers, allIdps);
  let rows = await read();
  let skipped: readonly SkippedServer[] = [];
  if (providers.length > 0 && (options.refresh || dead || dev || rows.length === 0)) {
    const found = await searchAll(io, deps, providers, dev);
    const servers = found.flatMap((one) => one.servers);
    const live = new Map(servers.map(({ name, latencyMs }) => [name, latencyMs]));
    rows = (await read()).map((server) => ({
      ...server,
      status: live.has(server.name) ? 'live' : 'dead',
      latencyMs: live.get(server.name),
    }));
    skipped = found.flatMap((one) => one.skipped);
  }
  if (rows.length === 0) throw noServerError(providers, skipped);
  await renderList(
    io,
    { rows, document: serverDocument, columns: serverColumns, name: ({ name }) => name },
    'No server matches.',
  );
  if (dead) for (const { url, reason } of skipped) note(io, plain(`Skipped ${url}: ${reason}`));
};

export const runServerUse: Run<typeof def.serverUseCommand> = async (io, deps, { server, dev }) => {
  const { idp: credential } = deps.globals;
  noteActive(io, await useServer(server, { ...accountOptions(io, deps), credential, dev }));
};

function unknownServer(selector: string, { servers }: Configuration): SkahaError {
  const names = Object.keys(servers);
  const saved =
    names.length === 0
      ? "No servers are saved yet. Look for servers with 'skaha server ls --refresh'."
      : `These are saved: ${names.join(', ')}.`;
  return new SkahaError('server.not_found', `There is no server '${selector}'.`, {
    hint: didYouMean(selector, names) ?? saved,
    id: selector,
  });
}

function find(configuration: Configuration, selector: string | undefined): SavedServer {
  const found = savedServers(configuration).find((server) =>
    selector === undefined ? server.active : isServer(selector, server),
  );
  if (found !== undefined) return found;
  if (selector !== undefined) throw unknownServer(selector, configuration);
  throw new SkahaError('server.required', 'No server is in use.', {
    hint: "Choose one with 'skaha server use NAME', or log in: 'skaha login'",
  });
}

export const runServerShow: Run<typeof def.serverShowCommand> = async (io, deps, { server }) => {
  const found = find(await readConfiguration(io, deps), server ?? deps.globals.server);
  const { name, uri, url, version, auths, provider, defaults, active, storage = {} } = found;
  await renderItem(io, name, serverDocument(found), [
    ['Server', active ? `${name} (in use)` : name],
    ['URI', uri],
    ['URL', url],
    ['Version', version],
    ['Takes', auths?.join(', ')],
    ['IDP', provider],
    ...Object.entries(storage).map(([key, one]) => ['Storage', `${key}  ${one.url}`] as const),
    [
      'Default',
      defaults && `${defaults.cores} cores, ${defaults.memory} GiB, ${defaults.gpus} GPUs`,
    ],
    ...limitFields(found.limits),
  ]);
};

/** Storage services given by hand. */
function storageOf(given: readonly string[]): ServerEntry['storage'] {
  const services = given.map((text) => {
    const [, name = '', url = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const address = parseServerUrl(url);
    if (!isName(name) || name === 'local' || address?.secure !== true)
      throw usageError(
        `'${text}' is not a storage service with its address.`,
        'Write it like  --storage arc=https://ws-uv.canfar.net/arc',
      );
    return [name, { url: address.root }] as const;
  });
  return services.length === 0 ? undefined : Object.fromEntries(services);
}

/** What the server says about itself; nothing when it does not answer. */
async function askAboutServer(
  io: Io,
  deps: Deps,
  root: string,
  ca: string | undefined,
): Promise<ServerEntry> {
  try {
    const options = { ...accountOptions(io, deps), entryCa: ca };
    const { url, version, auths } = await askServer(root, options);
    return { url, version, auths: [...auths] };
  } catch (error) {
    io.signal.throwIfAborted();
    if (!isSkahaError(error)) throw error;
    warn(io, `${error.message} The server was added anyway.`);
    return {};
  }
}

export const runServerAdd: Run<typeof def.serverAddCommand> = async (io, deps, options) => {
  const { name, uri, idp } = options;
  if (!isName(name)) throw usageError(`The name '${name}' must ${nameRule}.`);
  if (uri !== undefined && !/^ivo:\/\/\S+$/.test(uri)) {
    throw usageError(`'${uri}' is not an IVOA identifier.`, 'Write it like ivo://host/skaha');
  }
  const { url, version } = serverAddress(options.url);
  const storage = storageOf(options.storage);
  const configuration = await readConfiguration(io, deps);
  const provider = idp === undefined ? undefined : identityProvider(idp, configuration).key;
  const present = entry(configuration.servers, name);
  if (present !== undefined) {
    const where = present.url ?? present.uri ?? 'no address';
    const question = `Replace the server '${name}' (${where})?`;
    if (!(await confirm(io, question, 'Nothing was changed.'))) return;
  }
  const ca = options.ca === undefined ? undefined : expandPath(options.ca, io.env);
  const answer = await askAboutServer(io, deps, url, ca);
  await changeConfiguration(configurationSource(io, deps), (draft) => {
    draft.servers[name] = { url, version, ...answer, uri, provider, ca, storage };
  });
  const done = present === undefined ? 'added' : 'replaced';
  note(io, `Server '${name}' was ${done}. Use it with 'skaha server use ${name}'.`);
};

export const runServerRm: Run<typeof def.serverRmCommand> = async (io, deps, { server: name }) => {
  const configuration = await readConfiguration(io, deps);
  const { contexts, servers } = configuration;
  if (entry(servers, name) === undefined) throw unknownServer(name, configuration);
  const used = Object.keys(contexts).filter((context) => contexts[context]?.server === name);
  const what = `Remove the server '${name}' and ${count(used.length, 'context')}: ${used.join(', ')}?`;
  if (used.length > 0 && !(await confirm(io, what, 'Nothing was removed.'))) return;
  await removeServer(name, configurationSource(io, deps));
  note(io, `Server '${name}' was removed.`);
};
