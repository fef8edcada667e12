import type { Column } from '@skaha/terminal/output/table.js';
import type { Configuration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';

/** A server as one line of a list. */
export interface ListedServer {
  name: string;
  uri: string | undefined;
  url: string | undefined;
  version: string | undefined;
  auths: readonly string[] | undefined;
  provider: string | undefined;
  defaults: { cores: number; memory: number; gpus: number } | undefined;
  /** Its storage services by name. */
  storage: Readonly<Record<string, { uri?: string | undefined; url: string }>> | undefined;
  /** Whether it answered just now; undefined when it was not asked. */
  status: 'live' | 'dead' | undefined;
  /** How long it took to answer, in milliseconds. */
  latencyMs: number | undefined;
  active: boolean;
}

/**
 * Describes a server of the configuration.
 *
 * @param configuration - where it is
 * @param name - of a server that exists
 * @param live - those that answered just now and how long it took; undefined when none was asked
 */
export function serverRow(
  configuration: Configuration,
  name: string,
  live?: ReadonlyMap<string, number | undefined> | undefined,
): ListedServer {
  const { active, contexts, servers } = configuration;
  const server = entry(servers, name);
  const context = typeof active === 'string' ? entry(contexts, active) : undefined;
  return {
    name,
    uri: server?.uri,
    url: server?.url,
    version: server?.version,
    auths: server?.auths,
    provider: server?.provider,
    defaults: server?.defaults,
    storage: server?.storage,
    status: live === undefined ? undefined : live.has(name) ? 'live' : 'dead',
    latencyMs: live?.get(name),
    active: context?.server === name,
  };
}

/** A server for programs; the names of its fields are a promise. */
export function serverDocument(server: ListedServer) {
  const { name, uri, url, version, auths, provider, defaults, status, active, latencyMs } = server;
  const storage = Object.entries(server.storage ?? {});
  return {
    name,
    uri: uri ?? null,
    url: url ?? null,
    version: version ?? null,
    auths: auths ?? null,
    idp: provider ?? null,
    cores: defaults?.cores ?? null,
    ram: defaults?.memory ?? null,
    gpus: defaults?.gpus ?? null,
    storage: Object.fromEntries(
      storage.map(([key, one]) => [key, { uri: one.uri ?? null, url: one.url }]),
    ),
    status: status ?? null,
    latency_ms: latencyMs ?? null,
    active,
  };
}

/** The list of servers for people. */
export const serverColumns: readonly Column<ListedServer>[] = [
  { header: '', value: ({ active }) => (active ? '*' : '') },
  {
    header: 'NAME',
    value: ({ name }) => name,
    ink: ({ active }) => (active ? 'green' : undefined),
  },
  { header: 'IDP', value: ({ provider }) => provider ?? '-' },
  { header: 'URL', value: ({ url }) => url ?? '-', shrinkTo: 24 },
  { header: 'VERSION', value: ({ version }) => version ?? '-' },
  { header: 'TAKES', value: ({ auths }) => auths?.join(', ') ?? '-' },
  {
    header: 'STATUS',
    value: ({ status }) => status ?? '-',
    ink: ({ status }) => (status === 'dead' ? 'red' : status === 'live' ? 'green' : undefined),
  },
  {
    header: 'LATENCY',
    value: ({ latencyMs }) => (latencyMs === undefined ? '-' : `${Math.round(latencyMs)} ms`),
  },
];
