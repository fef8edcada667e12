import { entry } from '@skaha/base/names.js';
import { isServer } from '@skaha/base/server-url.js';
import type { Configuration, CredentialEntry } from '../config/schema.js';
import { type IdentityProvider, knownProvider } from '../discovery/index.js';
import { SkahaError } from '../errors/index.js';
import type { ServerDefaults } from './examine.js';
import {
  activeContext,
  noServers,
  refreshServers,
  type ServerSummary,
  serverSummary,
} from './servers.js';
import type { AccountOptions, AccountTools } from './tools.js';

/** Which login to use, and where. */
export interface ActivateOptions extends AccountOptions {
  /** Name of the login. @defaultValue that of the active context */
  credential?: string | undefined;
  /** Name, URI or URL of a server; selected automatically if omitted. */
  server?: string | undefined;
  /** Chooses among several servers. Without it, more than one server is an error. */
  choose?: ((servers: readonly ServerSummary[]) => string | Promise<string>) | undefined;
  /** Include development servers in the search. @default false */
  dev?: boolean | undefined;
}

/** A context that is now active. */
export interface Activation {
  context: string;
  server: ServerSummary;
  /** Name of the login. */
  credential: string;
  /** Why this server: it was active, used before, the only one, chosen now, or named. */
  reason: 'active' | 'remembered' | 'single' | 'chosen' | 'selected';
  /**
   * What a session gets there by default; undefined if the server was not asked or did not report
   * it.
   */
  defaults: ServerDefaults | undefined;
}

/** A server, and why it. */
export type Choice = Pick<Activation, 'reason'> & { server: string; configuration: Configuration };

/**
 * Finds a login, that of the active context when none is named.
 *
 * @param configuration - where it is
 * @param asked - name of the login
 * @throws {SkahaError} `authentication.required` if there is none
 */
export function findCredential(configuration: Configuration, asked: string | undefined) {
  const name = asked ?? activeContext(configuration)?.credential;
  const found = name === undefined ? undefined : entry(configuration.credentials, name);
  if (name !== undefined && found !== undefined) return { name, stored: found };
  const names = Object.keys(configuration.credentials);
  throw new SkahaError(
    'authentication.required',
    name === undefined ? 'You are not logged in.' : `You are not logged in to '${name}'.`,
    {
      hint: `Log in with 'skaha login${name === undefined ? '' : ` ${name}`}'.${names.length === 0 ? '' : ` These logins exist: ${names.join(', ')}.`}`,
      id: name,
    },
  );
}

/** Servers that a login can be used with: those of its provider, and those it is paired with. */
function compatibleServers(
  configuration: Configuration,
  credential: string,
  provider: string,
): string[] {
  const paired = new Set(
    Object.values(configuration.contexts)
      .filter((context) => context.credential === credential)
      .map((context) => context.server),
  );
  return Object.entries(configuration.servers)
    .filter(([name, server]) => server.provider === provider || paired.has(name))
    .map(([name]) => name);
}

/** Decides for one of the servers that a login can be used with; discovers them when needed. */
export class Chooser {
  readonly #tools: AccountTools;
  readonly #options: ActivateOptions;
  readonly #credential: string;
  readonly #stored: CredentialEntry;
  readonly #provider: IdentityProvider | undefined;
  #configuration: Configuration;
  #discovered = false;

  constructor(
    tools: AccountTools,
    options: ActivateOptions,
    configuration: Configuration,
    { name, stored }: { name: string; stored: CredentialEntry },
  ) {
    this.#tools = tools;
    this.#options = options;
    this.#configuration = configuration;
    this.#credential = name;
    this.#stored = stored;
    const key = stored.provider ?? name;
    this.#provider = knownProvider(key, configuration);
  }

  #names(): string[] {
    const provider = this.#provider?.key ?? this.#credential;
    return compatibleServers(this.#configuration, this.#credential, provider);
  }

  async #discover(): Promise<void> {
    if (this.#discovered || this.#provider === undefined) return;
    this.#discovered = true;
    const { dev } = this.#options;
    const found = await refreshServers(this.#provider, this.#tools, { dev });
    this.#configuration = found.configuration;
    if (this.#names().length === 0) throw noServers(this.#provider.key, found);
  }

  #find(selector: string): string | undefined {
    const { servers } = this.#configuration;
    return this.#names().find((name) => isServer(selector, { ...entry(servers, name), name }));
  }

  async #selected(selector: string): Promise<string> {
    const known = this.#find(selector);
    if (known !== undefined) return known;
    await this.#discover();
    const found = this.#find(selector);
    if (found !== undefined) return found;
    throw new SkahaError(
      'server.not_found',
      `There is no server '${selector}' for '${this.#credential}'.`,
      { hint: `These exist: ${this.#names().join(', ') || 'none'}.`, id: selector },
    );
  }

  /** @throws {SkahaError} `server.required`, `server.not_found`, `server.none_available` */
  async choose(): Promise<Choice> {
    const { server: selector, choose } = this.#options;
    if (selector !== undefined) return this.#choice(await this.#selected(selector), 'selected');
    if (this.#names().length === 0) await this.#discover();
    const names = this.#names();
    const { server: last } = this.#stored;
    if (last !== undefined && names.includes(last)) return this.#choice(last, 'remembered');
    const [only] = names;
    if (only !== undefined && names.length === 1) return this.#choice(only, 'single');
    if (choose !== undefined && names.length > 0) {
      const summaries = names.map((name) => serverSummary(this.#configuration, name));
      return this.#choice(await this.#selected(await choose(summaries)), 'chosen');
    }
    throw new SkahaError('server.required', `Select a server for '${this.#credential}'.`, {
      hint:
        names.length === 0
          ? "Add one with 'skaha context add'."
          : `Use 'skaha server use NAME'; these exist: ${names.join(', ')}.`,
    });
  }

  #choice(server: string, reason: Activation['reason']): Choice {
    return { server, reason, configuration: this.#configuration };
  }
}
