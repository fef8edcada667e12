import { type Clock, systemClock } from '@skaha/base/clock.js';
import { logTag } from '@skaha/base/log-tag.js';
import type { Logger } from '@skaha/base/logger.js';
import { readAuthorities } from '../auth/certificate.js';
import type { OidcTools } from '../auth/oidc/index.js';
import { examineEnvironment, refuseUnverified } from '../config/environment.js';
import { baseOf, configurationPath, type Environment, expandPath } from '../config/paths.js';
import { loadConfiguration } from '../config/read.js';
import type { Configuration } from '../config/schema.js';
import { updateConfiguration } from '../config/write.js';
import type { DiscoveryTools, IdentityProvider } from '../discovery/index.js';
import { tracedTransport } from '../transport/exchange.js';
import { createAnonymousTransport } from '../transport/node.js';
import { publicLookup } from '../transport/node-addresses.js';
import type { Transport } from '../transport/types.js';

/** Options of every call about logins and servers. */
export interface AccountOptions {
  /** Path of the configuration file. @defaultValue from the environment variables */
  config?: string | undefined;
  /** Path of a PEM file with certificate authorities to trust in addition to the system's. */
  ca?: string | undefined;
  /**
   * Address of the proxy to use; `false` for none.
   * @default what `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` of the process say
   */
  proxy?: string | false | undefined;
  /** Environment variables by name. @defaultValue those of the process */
  environment?: Environment | undefined;
  /** Time limit for one request, in milliseconds. @default 10_000 */
  timeoutMs?: number | undefined;
  /** Cancels the call; a change in progress is completed or undone. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  /** Receives a record of what is sent and received, without secrets. @default nothing is called */
  logger?: Logger | undefined;
  /** Called with each warning for the user. */
  onWarning?: ((warning: string) => void) | undefined;
}

const usualTimeoutMs = 10_000;
const openConnections = 16;

/** The things an account call works with. */
export class AccountTools {
  readonly #options: AccountOptions;
  readonly #transports: Transport[] = [];
  readonly #warned = new Set<string>();
  /** Begins the ids of this call's requests in the log. */
  readonly #tag = logTag(Math.random);
  readonly environment: Environment;
  /** Absolute path of the configuration file. */
  readonly path: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.environment = options.environment ?? process.env;
    this.path =
      options.config === undefined
        ? configurationPath(this.environment)
        : expandPath(options.config, this.environment);
    this.clock = options.clock ?? systemClock;
    this.timeoutMs = options.timeoutMs ?? usualTimeoutMs;
    this.signal = options.signal;
  }

  get proxy(): string | false | undefined {
    return this.#options.proxy;
  }

  /** Warns the user, once. */
  warn(warning: string): void {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.#options.onWarning?.(warning);
  }

  async load(): Promise<Configuration> {
    const { configuration, secretWarnings } = await loadConfiguration({
      path: this.path,
      environment: this.environment,
    });
    for (const warning of secretWarnings) this.warn(warning);
    return configuration;
  }

  update(edit: (draft: Configuration) => void): Promise<Configuration> {
    return updateConfiguration(this.path, edit, {
      signal: this.signal,
      onWarning: (warning) => this.warn(warning),
    });
  }

  /** The absolute form of a path in the configuration. */
  local(path: string): string {
    return expandPath(path, this.environment, baseOf(this.path));
  }

  /** Absolute path of the authorities that were asked for. */
  get authority(): string | undefined {
    const given = this.#options.ca ?? examineEnvironment(this.environment).settings.ca;
    return given === undefined ? undefined : expandPath(given, this.environment);
  }

  /** Authorities to trust: those asked for, else those of the entry. */
  async authorities(entryCa: string | undefined): Promise<string | undefined> {
    const path = this.authority ?? (entryCa === undefined ? undefined : this.local(entryCa));
    return path === undefined ? undefined : readAuthorities(path);
  }

  /**
   * A transport that shows nothing of the user.
   * @param trusted - also reaches addresses that are not public
   */
  async transport(entryCa: string | undefined, trusted: boolean): Promise<Transport> {
    refuseUnverified(this.environment);
    const made = createAnonymousTransport(
      { ca: await this.authorities(entryCa), proxy: this.proxy },
      { concurrency: openConnections, lookup: trusted ? undefined : publicLookup },
    );
    this.#transports.push(made);
    return this.traced(made);
  }

  /** Logs what a transport sends and gets, if there is a logger. */
  traced(transport: Transport): Transport {
    const { logger } = this.#options;
    return logger === undefined
      ? transport
      : tracedTransport(transport, logger, this.clock, this.#tag);
  }

  /** What discovery and the protocols of logging in need for one identity provider. */
  async forProvider({ ca, development }: IdentityProvider): Promise<OidcTools & DiscoveryTools> {
    return {
      transport: await this.transport(ca, development),
      timeoutMs: this.timeoutMs,
      development,
      signal: this.signal,
    };
  }

  async close(): Promise<void> {
    for (const transport of this.#transports.splice(0)) await transport.close();
  }
}

/**
 * Runs a call with its tools, and puts them away at its end.
 *
 * @param options - of the call
 * @param work - what the call does
 */
export async function withTools<Result>(
  options: AccountOptions,
  work: (tools: AccountTools) => Promise<Result>,
): Promise<Result> {
  options.signal?.throwIfAborted();
  const tools = new AccountTools(options);
  try {
    return await work(tools);
  } finally {
    await tools.close();
  }
}
