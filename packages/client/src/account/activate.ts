import { entry, isName } from '@skaha/base/names.js';
import type { Configuration } from '../config/schema.js';
import { SkahaError } from '../errors/index.js';
import { type ActivateOptions, type Activation, Chooser, findCredential } from './choose.js';
import { type ExaminedServer, examineServer } from './examine.js';
import { activeContext, serverSummary } from './servers.js';
import { type AccountTools, withTools } from './tools.js';

/** The context for a pair: one that exists, else a new one named after the server. */
function contextFor(draft: Configuration, server: string, credential: string): string {
  const existing = Object.entries(draft.contexts).find(
    ([, context]) => context.server === server && context.credential === credential,
  )?.[0];
  if (existing !== undefined) return existing;
  const candidates = [
    server,
    `${server}-${credential}`,
    ...Array.from({ length: 99 }, (_, number) => `${server}-${number + 2}`),
  ];
  const free = candidates.find((name) => isName(name) && entry(draft.contexts, name) === undefined);
  if (free === undefined)
    throw new SkahaError('internal', 'No unused name could be found for the context.');
  draft.contexts[free] = { server, credential };
  return free;
}

function save(
  draft: Configuration,
  server: string,
  credential: string,
  { capabilities, defaults, limits }: ExaminedServer,
): string {
  const known = entry(draft.servers, server);
  const stored = entry(draft.credentials, credential);
  if (known === undefined || stored === undefined) {
    throw new SkahaError(
      'config.invalid',
      `The server '${server}' or the login '${credential}' was removed in the meantime.`,
    );
  }
  const { url, version, auths } = capabilities;
  draft.servers[server] = {
    ...known,
    url,
    version,
    auths: [...auths],
    defaults:
      defaults === undefined
        ? known.defaults
        : { cores: defaults.cores, memory: defaults.memoryGiB, gpus: defaults.gpus },
    limits: limits ?? known.limits,
  };
  draft.credentials[credential] = { ...stored, server };
  const context = contextFor(draft, server, credential);
  draft.active = context;
  return context;
}

/**
 * Makes a login active at a server, as {@link activate} does, with tools at hand.
 *
 * @param tools - of the call
 * @param options - which login, and where
 */
export async function activateWith(
  tools: AccountTools,
  options: ActivateOptions,
): Promise<Activation> {
  const configuration = await tools.load();
  const found = findCredential(configuration, options.credential);
  const current = activeContext(configuration);
  if (
    options.server === undefined &&
    current?.credential === found.name &&
    entry(configuration.servers, current.server) !== undefined
  ) {
    return {
      context: configuration.active ?? '',
      server: serverSummary(configuration, current.server),
      credential: found.name,
      reason: 'active',
      defaults: undefined,
    };
  }
  const choice = await new Chooser(tools, options, configuration, found).choose();
  const examined = await examineServer(choice.server, found.name, choice.configuration, tools);
  let context = '';
  const saved = await tools.update((draft) => {
    context = save(draft, choice.server, found.name, examined);
  });
  return {
    context,
    server: serverSummary(saved, choice.server),
    credential: found.name,
    reason: choice.reason,
    defaults: examined.defaults,
  };
}

/**
 * Selects the server for a login, checks that the server accepts the login, and makes the pair the
 * active context. Without a server, it selects the one in use, the one used last, or the only one.
 * If anything fails, the previous context stays active.
 *
 * @param options - which login, and where
 * @returns the context that is now active
 * @throws {SkahaError} `authentication.required` without such a login, `server.required` if there
 *   are several servers and none is chosen, `server.not_found`, `server.none_available`,
 *   `server.discovery_failed`, `authentication.denied` if the server refuses the login, and the
 *   errors of the exchange
 * @example
 * ```ts
 * import { activate } from 'skaha/account';
 *
 * const { context, server } = await activate({ credential: 'cadc', server: 'canfar' });
 * console.log(`${context} is active: ${server.url}`);
 * ```
 */
export const activate = (options: ActivateOptions = {}): Promise<Activation> =>
  withTools(options, (tools) => activateWith(tools, options));

/**
 * Switches to another server with the active login.
 *
 * @param selector - name, URI or URL of a server
 * @param options - another login, for example
 * @throws {SkahaError} as {@link activate}
 */
export const useServer = (
  selector: string,
  options: Omit<ActivateOptions, 'server'> = {},
): Promise<Activation> => activate({ ...options, server: selector });

/**
 * Switches to another saved login, with the server that was last used with it, the only server, or
 * the one you name.
 *
 * @param name - of the login
 * @param options - a server, for example
 * @throws {SkahaError} as {@link activate}
 */
export const useCredential = (
  name: string,
  options: Omit<ActivateOptions, 'credential'> = {},
): Promise<Activation> => activate({ ...options, credential: name });
