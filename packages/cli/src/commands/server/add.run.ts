import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError } from 'skaha';
import { loadConfiguration, type ServerEntry, updateConfiguration } from 'skaha/config';
import { withTools } from 'skaha/internal/account/tools.js';
import {
  entry,
  expandPath,
  isName,
  nameRule,
  parseServerUrl,
} from 'skaha/internal/config/index.js';
import { fetchCapabilities, identityProvider } from 'skaha/internal/discovery/index.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { configurationSource } from '../config/source.js';
import { accountOptions, warn } from '../login/account.js';

export interface ServerAddOptions {
  name: string;
  url?: string | undefined;
  uri?: string | undefined;
  idp?: string | undefined;
  storage: readonly string[];
  ca?: string | undefined;
}

/** Storage services given by hand. */
function storageOf(given: readonly string[]): ServerEntry {
  const storage: NonNullable<ServerEntry['storage']> = {};
  for (const text of given) {
    const [, name = '', url = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const address = parseServerUrl(url);
    if (!isName(name) || name === 'local' || address?.secure !== true)
      throw usageError(
        `'${text}' names no storage service.`,
        'Write it like  --storage arc=https://ws-uv.canfar.net/arc',
      );
    storage[name] = { url: address.root };
  }
  return given.length === 0 ? {} : { storage };
}

function addressOf({ name, url, uri }: ServerAddOptions): {
  root: string;
  version: string | undefined;
} {
  if (!isName(name)) throw usageError(`The name '${name}' must ${nameRule}.`);
  if (uri !== undefined && !/^ivo:\/\/\S+$/.test(uri)) {
    throw usageError(`'${uri}' is not an IVOA identifier.`, 'Write it like ivo://host/skaha');
  }
  const address = url === undefined ? undefined : parseServerUrl(url);
  if (address?.secure === true) return { root: address.root, version: address.version };
  throw usageError(
    url === undefined
      ? 'The address of the server is missing.'
      : 'The address of the server must be an https URL without user, query or fragment.',
    'Give it like  --url https://ws-uv.canfar.net/skaha',
  );
}

/** What the server says about itself; nothing when it does not answer. */
async function ask(io: Io, deps: Deps, root: string, ca: string | undefined): Promise<ServerEntry> {
  try {
    return await withTools(accountOptions(io, deps), async (tools) => {
      const transport = await tools.transport(ca, true);
      const { timeoutMs, signal } = tools;
      const { url, version, auths } = await fetchCapabilities(root, {
        ...{ transport, timeoutMs, signal },
        development: true,
      });
      return { url, version, auths: [...auths] };
    });
  } catch (error) {
    io.signal.throwIfAborted();
    if (!isSkahaError(error)) throw error;
    warn(io, `${error.message} The server is added all the same.`);
    return {};
  }
}

/** Adds a server. */
export const runServerAdd: Run<ServerAddOptions> = async (io, deps, options) => {
  const { name, uri, idp } = options;
  const { root, version = 'v1' } = addressOf(options);
  const storage = storageOf(options.storage);
  const source = configurationSource(io, deps);
  const { configuration } = await loadConfiguration(source);
  const provider = idp === undefined ? undefined : identityProvider(idp, configuration).key;
  const present = entry(configuration.servers, name);
  if (present !== undefined) {
    const where = present.url ?? present.uri ?? 'no address';
    if (!(await confirm(io, `Replace the server '${name}' (${where})?`))) {
      note(io, 'Nothing was changed.');
      return undefined;
    }
  }
  const ca = options.ca === undefined ? undefined : expandPath(options.ca, io.env);
  const server: ServerEntry = {
    ...{ url: root, version },
    ...(await ask(io, deps, root, ca)),
    ...(uri === undefined ? {} : { uri }),
    ...(provider === undefined ? {} : { provider }),
    ...(ca === undefined ? {} : { ca }),
    ...storage,
  };
  await updateConfiguration(
    source.path,
    (draft) => {
      draft.servers[name] = server;
    },
    source,
  );
  const done = present === undefined ? 'added' : 'replaced';
  note(io, `Server '${name}' was ${done}. Use it with 'skaha server use ${name}'.`);
  return undefined;
};
