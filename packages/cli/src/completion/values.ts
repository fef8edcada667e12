import { glob } from '@skaha/base/glob.js';
import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { cached } from '@skaha/terminal/completion/cache.js';
import type { Candidate } from '@skaha/terminal/completion/target.js';
import { listExtensions } from '@skaha/terminal/extensions.js';
import { count } from '@skaha/terminal/output/text.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import type { SessionInfo, SkahaClient } from 'skaha';
import { builtInProviders } from 'skaha/account';
import {
  type Configuration,
  configurationPath,
  type Environment,
  effectiveSettings,
  type LoadedConfiguration,
  loadConfiguration,
} from 'skaha/config';
import { findLimits, usualAmounts, wholeNumbers } from '../commands/limits.js';
import { loadPlatform } from '../commands/platform/module.js';
import { usualHost } from '../commands/registry/run.js';
import { byStart } from '../commands/session/view.js';
import { readAliases } from '../configuration/aliases.js';
import { cachePath, configPath } from '../configuration/places.js';
import { serverOptions } from '../environment/connect.js';
import type { Services } from '../environment/deps.js';
import { program } from '../program.js';

/** What looking values up needs. */
export interface Lookup {
  services: Services;
  environment: Environment;
  /** Aborted when time is up. */
  signal: AbortSignal;
  /** Values of the options of every command, by key. */
  globals: Readonly<Record<string, string>>;
  typed: string;
  /** The words before it that are no options. */
  words: readonly string[];
}

type Find = (lookup: Lookup) => Promise<readonly Candidate[]>;

const load = ({ globals, environment }: Lookup): Promise<LoadedConfiguration> =>
  loadConfiguration({ path: configPath(environment, globals['config']), environment });

/** Variables that decide which server is asked, and as whom. */
const serverVariables = /^(?:SKAHA|CANFAR)_(?:URL|TOKEN|CERTIFICATE|CONTEXT|CONFIG|CA)$/;

/** Asks the server, unless that was done a moment ago. */
function asked(source: string, ask: (client: SkahaClient) => Promise<Candidate[]>): Find {
  return (lookup) => {
    const { services, environment, signal, globals } = lookup;
    const find = async (): Promise<Candidate[]> => {
      const options = await serverOptions(globals);
      const client = await services.connect({ ...options, signal, retries: 0 });
      try {
        return await ask(client);
      } finally {
        await client.close();
      }
    };
    const variables = Object.entries(environment).filter(([name]) => serverVariables.test(name));
    const path = configurationPath(environment);
    const folder = cachePath(environment, 'completion');
    return cached(folder, [source, globals, variables.sort(), path], services.clock, find);
  };
}

const listed = asked('sessions', async (client) => {
  const found = (await client.sessions.fetch()).sort(byStart);
  const names = found.filter(
    ({ name }, index) => found.findIndex((other) => other.name === name) === index,
  );
  const candidate = (value: string, other: string, { kind, status }: SessionInfo) => ({
    value,
    description: `${other}  ${kind}  ${status}`,
  });
  return [
    ...names.map((session) => candidate(session.name, session.id, session)),
    ...found.map((session) => candidate(session.id, session.name, session)),
  ];
});

/** Names and ids, the batches launched from here, and of a pattern what it means. */
const sessions: Find = async (lookup) => {
  const found = await listed(lookup);
  if (/[*?]/.test(lookup.typed)) {
    const pattern = glob(lookup.typed.toLowerCase());
    const fitting = found.filter(({ value }) => pattern.test(value)).length;
    return fitting === 0 ? [] : [{ value: lookup.typed, description: `${fitting} sessions` }];
  }
  const batches = await jobNames(lookup).catch(() => []);
  const known = new Set(found.map(({ value }) => value));
  return [...found, ...batches.filter(({ value }) => !known.has(value))];
};

const sessionNames = asked('sessionNames', async (client) => {
  const found = await client.sessions.fetch();
  return [...new Set(found.map(({ name }) => name))].sort().map((value) => ({ value }));
});

const offered = asked('images', async (client) => {
  const found = await client.images.details();
  return found.map(({ id, types }) => ({ value: id, description: types.join(', ') }));
});

/** How often each image was launched from here. */
async function launchedImages({ services }: Lookup): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const { specification } of await (await services.launches()).read()) {
    const { image } = specification;
    if (typeof image !== 'string') continue;
    const tagged = image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
    times.set(tagged, (times.get(tagged) ?? 0) + 1);
  }
  return times;
}

/** Images of the kind that was typed already, those launched most first, by their short names where those are enough. */
const images: Find = async (lookup) => {
  const found = await offered(lookup);
  const kind = lookup.words.find((word) => sessionKinds.some((known) => known === word));
  const fitting = found.filter(
    ({ description = '' }) => kind === undefined || description.split(', ').includes(kind),
  );
  const usual = `${usualHost}/`;
  const isLong = lookup.typed !== '' && usual.startsWith(lookup.typed.slice(0, usual.length));
  if (isLong) return fitting;
  const used = await launchedImages(lookup).catch(() => new Map<string, number>());
  const timesOf = (id: string) => used.get(id) ?? used.get(id.slice(usual.length)) ?? 0;
  return fitting
    .map((image) => ({ ...image, times: timesOf(image.value) }))
    .sort((a, b) => b.times - a.times)
    .map(({ value, description, times }) => ({
      value: value.startsWith(usual) ? value.slice(usual.length) : value,
      description: [description, times > 0 ? `launched ${count(times, 'time')}` : undefined]
        .filter((part) => part !== undefined)
        .join('; '),
    }));
};

/** Settings that are offered before they have a value. */
const usualSettings = [
  'active',
  'console.banner',
  'console.color',
  'console.width',
  'secrets.storage',
];

/** The entries of a folder in a storage service, as far as it was typed. */
const below = (name: string, folder: string): Find =>
  asked(`places ${name}:${folder}`, async (client) => {
    const { Storage } = await import('skaha/storage');
    const found: Candidate[] = [];
    const storage = new Storage(client, { service: name });
    for await (const node of storage.list(folder || '/', { pageSize: mostEntries })) {
      const end = node.kind === 'folder' ? '/' : '';
      found.push({ value: `${name}:${folder}/${node.name}${end}` });
      // Nobody reads on from here.
      if (found.length === mostEntries) break;
    }
    return found;
  });

const mostEntries = 1000;

/** Names of the storage services of the servers that are saved. */
const storages: Find = async (lookup) => {
  const { servers } = (await load(lookup)).configuration;
  const all = Object.values(servers).flatMap(({ storage = {} }) => Object.entries(storage));
  return [...new Map(all)].map(([name, { url }]) => ({ value: `${name}:/`, description: url }));
};

const jobNames: Find = async ({ services }) => {
  const stored = await (await services.jobs()).list();
  return stored.map(({ job }) => ({ value: job, description: 'batch' }));
};

const clusters: Find = async ({ services }) => {
  const { clusterNames } = await import('skaha/cluster');
  const names = await clusterNames(await services.jobs());
  return names.map((value) => ({ value, description: 'cluster' }));
};

/** What a session may ask for: as it is kept for the server, else as the server says. */
const amounts = (which: 'cores' | 'memory' | 'gpus'): Find => {
  const ask = asked(`amounts ${which}`, async (client) => {
    const { cores, memoryGiB, gpus } = await client.context.resources();
    const { options } = { cores, memory: memoryGiB, gpus }[which];
    return usualAmounts(options).map((option) => ({ value: `${option}` }));
  });
  return async (lookup) => {
    const { fixed, gpus } = (await findLimits(lookup.environment, lookup.globals))?.limits ?? {};
    const range = which === 'gpus' ? gpus : fixed?.[which];
    if (range === undefined) return ask(lookup);
    return wholeNumbers(range).map((amount) => ({ value: `${amount}` }));
  };
};

/** What a section of the configuration has, and a word about each. */
const saved =
  <Entry>(
    section: (all: Configuration) => Readonly<Record<string, Entry>>,
    describe: (entry: Entry) => string | undefined,
  ): Find =>
  async (lookup) =>
    Object.entries(section((await load(lookup)).configuration)).map(([value, entry]) => ({
      value,
      description: describe(entry),
    }));

/** What sessions are waited for; a status is possible as well. */
const waitStates = [
  'running',
  'completed',
  'finished',
  'deleted',
  'expired',
  ...sessionStatuses.map((status) => `status=${status}`),
] as const;

/** How each kind of value is found. */
const finders = {
  sessions,
  sessionNames,
  images,
  aliases: async ({ environment }) => {
    const aliases = Object.entries((await readAliases(environment)) ?? {});
    const extensions = listExtensions(program, environment);
    return [
      ...aliases.map(([value, text]) => ({ value, description: `alias: ${text}` })),
      ...extensions.map((value) => ({ value, description: 'extension' })),
    ];
  },
  contexts: saved(
    ({ contexts }) => contexts,
    ({ server, credential }) => `${server}, ${credential}`,
  ),
  servers: saved(
    ({ servers }) => servers,
    ({ url }) => url,
  ),
  providers: async (lookup) => {
    const own = await load(lookup)
      .then(({ configuration }) => Object.entries(configuration.providers ?? {}))
      .catch(() => []);
    return [
      ...builtInProviders.map(({ key, name }) => ({ value: key, description: name })),
      ...own.map(([value, { name }]) => ({ value, description: name })),
    ];
  },
  registries: saved(
    ({ registries }) => registries,
    ({ username }) => username,
  ),
  settings: async (lookup) => {
    const all = effectiveSettings(await load(lookup), { environment: {} });
    const saved = all.flatMap(({ key, origin }) => (origin === 'file' ? [key] : []));
    return [...new Set([...usualSettings, ...saved])].sort().map((value) => ({ value }));
  },
  places: async (lookup) => {
    const [, name, path] = /^([^-:/\\\s][^:/\\\s]*):(.*)$/s.exec(lookup.typed) ?? [];
    if (name === undefined || path === undefined) return storages(lookup);
    return below(name, withoutTrailingSlashes(path.slice(0, path.lastIndexOf('/'))))(lookup);
  },
  clusters,
  jobs: jobNames,
  cores: amounts('cores'),
  memory: amounts('memory'),
  gpus: amounts('gpus'),
  runners: async () => (await loadPlatform()).runnerNames().map((value) => ({ value })),
  waitStates: async () => waitStates.map((value) => ({ value })),
} satisfies Readonly<Record<string, Find>>;

/** A kind of values that are looked up. */
export type LookedUp = keyof typeof finders;

/**
 * Looks up what is possible at a place.
 *
 * @param source - one of {@link LookedUp}
 * @throws whatever goes wrong; completion says nothing about it
 */
export const lookUp = async (source: string, lookup: Lookup): Promise<readonly Candidate[]> =>
  (await new Map<string, Find>(Object.entries(finders)).get(source)?.(lookup)) ?? [];
