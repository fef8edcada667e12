import { nearest } from '@skaha/terminal/nearest.js';
import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { SkahaError } from 'skaha';
import { loadConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';
import { type ListedServer, serverDocument, serverRow } from './server-view.js';

export interface ServerShowOptions {
  server?: string | undefined;
}

const hintFor = (names: readonly string[]): string =>
  names.length === 0
    ? "None is saved yet. Look for servers with 'skaha server ls --refresh'."
    : `These are known: ${names.join(', ')}.`;

/**
 * The error for a server that is not in the configuration.
 *
 * @param selector - as typed
 * @param names - of those that are
 */
export function unknownServer(selector: string, names: readonly string[]): SkahaError {
  const guess = nearest(selector, names);
  return new SkahaError('server.not_found', `There is no server '${selector}'.`, {
    hint: guess === undefined ? hintFor(names) : `Did you mean '${guess}'?`,
    id: selector,
  });
}

function find(all: readonly ListedServer[], selector: string | undefined): ListedServer {
  const found = all.find((one) =>
    selector === undefined ? one.active : [one.name, one.uri, one.url].includes(selector),
  );
  if (found !== undefined) return found;
  if (selector === undefined) {
    throw new SkahaError('server.required', 'No server is in use.', {
      hint: "Choose one with 'skaha server use NAME', or log in: 'skaha login'",
    });
  }
  throw unknownServer(
    selector,
    all.map(({ name }) => name),
  );
}

/** Shows a server. */
export const runServerShow: Run<ServerShowOptions> = async (io, deps, { server }) => {
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
  const all = Object.keys(configuration.servers).map((name) => serverRow(configuration, name));
  const found = find(all, server ?? deps.globals.server);
  const { name, uri, url, version, auths, provider, defaults, active, storage = {} } = found;
  await render(io, {
    data: serverDocument(found),
    table: () =>
      fields(io, [
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
      ]),
    names: () => [name],
  });
  return undefined;
};
