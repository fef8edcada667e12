import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isSkahaError, SkahaError } from 'skaha';
import { discoverServers, listCredentials, listProviders, type SkippedServer } from 'skaha/account';
import { type Configuration, loadConfiguration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { configurationSource } from '../config/source.js';
import { accountOptions, warn } from '../login/account.js';
import { type ListedServer, serverColumns, serverDocument, serverRow } from './server-view.js';

export interface ServerLsOptions {
  refresh: boolean;
  allIdps: boolean;
  dead: boolean;
  dev: boolean;
}

/** What a look through the registries showed. */
interface Survey {
  live: Map<string, number | undefined>;
  skipped: SkippedServer[];
}

async function survey(
  io: Io,
  deps: Deps,
  providers: readonly string[],
  dev: boolean,
): Promise<Survey> {
  const found: Survey = { live: new Map(), skipped: [] };
  const progress = createProgress(io);
  progress.show('Looking for servers …');
  try {
    for (const provider of providers) {
      const one = await discoverServers({ ...accountOptions(io, deps), provider, dev }).catch(
        (error: unknown) => {
          if (providers.length === 1 || !isSkahaError(error)) throw error;
          warn(io, error.message);
          return { servers: [], skipped: [] };
        },
      );
      for (const { name, latencyMs } of one.servers) found.live.set(name, latencyMs);
      found.skipped.push(...one.skipped);
    }
  } finally {
    progress.clear();
  }
  return found;
}

/** The providers whose servers are meant; none when nobody is logged in and none is named. */
async function meant(io: Io, deps: Deps, allIdps: boolean): Promise<string[]> {
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

function rowsOf(
  configuration: Configuration,
  providers: readonly string[],
  all: boolean,
  live: ReadonlyMap<string, number | undefined> | undefined,
): ListedServer[] {
  const paired = Object.values(configuration.contexts)
    .filter(({ credential }) => providers.includes(credential))
    .map(({ server }) => server);
  return Object.keys(configuration.servers)
    .filter((name) => {
      const provider = entry(configuration.servers, name)?.provider;
      return (
        all || (provider !== undefined && providers.includes(provider)) || paired.includes(name)
      );
    })
    .sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' }))
    .map((name) => serverRow(configuration, name, live));
}

function nothing(providers: readonly string[], skipped: readonly SkippedServer[]): SkahaError {
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

/** Lists servers. */
export const runServerLs: Run<ServerLsOptions> = async (io, deps, options) => {
  const { allIdps, dead, dev } = options;
  const source = configurationSource(io, deps);
  const providers = await meant(io, deps, allIdps);
  const read = async (live?: ReadonlyMap<string, number | undefined>) =>
    rowsOf((await loadConfiguration(source)).configuration, providers, allIdps, live);
  let rows = await read();
  let skipped: readonly SkippedServer[] = [];
  if (providers.length > 0 && (options.refresh || dead || dev || rows.length === 0)) {
    const seen = await survey(io, deps, providers, dev);
    rows = await read(seen.live);
    skipped = seen.skipped;
  }
  if (rows.length === 0) throw nothing(providers, skipped);
  await renderList(
    io,
    { rows, document: serverDocument, columns: serverColumns, name: ({ name }) => name },
    'No server fits.',
  );
  if (dead) for (const { url, reason } of skipped) note(io, plain(`Skipped ${url}: ${reason}`));
  return undefined;
};
