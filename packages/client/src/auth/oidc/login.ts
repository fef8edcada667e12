import { type Clock, systemClock } from '@skaha/base/clock.js';
import type { OidcEntry } from '../../config/schema.js';
import { isSkahaError } from '../../errors/index.js';
import { userName } from './account-info.js';
import { loginInBrowser } from './browser.js';
import { openCallback } from './callback.js';
import { deleteClient, isReusable, type OidcClient, registerClient } from './client.js';
import {
  awaitApproval,
  type DeviceChallenge,
  startDeviceLogin,
  type Verification,
} from './device.js';
import { type OidcTools, providerInvalid } from './messages.js';
import { discoverProvider, type OidcFlow, type OidcProvider } from './provider.js';
import { makeRecord, readRecord } from './record.js';
import type { TokenSet } from './tokens.js';

/** How the user approves: with a code, or in a browser that is opened on this machine. */
export type OidcMethod =
  | {
      flow: 'device';
      /** Shows the code; the provider is asked for the tokens once it has resolved. */
      onVerification(verification: Verification): void | Promise<void>;
    }
  | {
      flow: 'browser';
      onOpen(url: string): void | Promise<void>;
      /** Time for the user, in milliseconds. @default 300_000 */
      patienceMs?: number | undefined;
    };

/** What a login needs. */
export interface OidcLoginOptions extends OidcTools {
  provider: {
    key: string;
    /** What the provider may call itself; one of them, character by character. */
    issuers: readonly string[];
    /** URL of the discovery document. */
    discovery: string;
  };
  method: OidcMethod;
  /** The former login, whose registered client can serve again. */
  former?: OidcEntry | undefined;
  /** Register again anyway. @default false */
  newClient?: boolean | undefined;
  /** Name of this machine, for the provider's list of clients. */
  hostname: string;
  clock?: Clock | undefined;
  /** Saves the login; called as soon as there are tokens. */
  save(entry: OidcEntry): Promise<void>;
}

/** Time to clean up at the provider when a login ends early, in milliseconds. */
const cleanupMs = 2_000;

const formerClient = ({ former, provider }: OidcLoginOptions): OidcClient | undefined => {
  const issuer = former?.issuer;
  if (former === undefined || issuer === undefined || !provider.issuers.includes(issuer)) {
    return undefined;
  }
  try {
    return readRecord(former, provider.key).client;
  } catch (error) {
    // A damaged record is about to be replaced.
    if (isSkahaError(error)) return undefined;
    throw error;
  }
};

class Login {
  readonly #options: OidcLoginOptions;
  readonly #clock: Clock;
  readonly provider: OidcProvider;
  /** Registered by this login, so not known to anybody when it fails. */
  registered: OidcClient | undefined;

  constructor(options: OidcLoginOptions, provider: OidcProvider) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.provider = provider;
  }

  async #register(flow: OidcFlow, redirectUri?: string): Promise<OidcClient> {
    const about = { hostname: this.#options.hostname, now: this.#clock.now(), redirectUri };
    this.registered = await registerClient(this.provider, flow, about, this.#options);
    return this.registered;
  }

  async #start(): Promise<{ client: OidcClient; challenge: DeviceChallenge }> {
    const known = formerClient(this.#options);
    const again = this.#options.newClient !== true;
    if (again && known !== undefined && isReusable(known, 'device', this.#clock.now())) {
      const challenge = await startDeviceLogin(this.provider, known, this.#options);
      if (challenge !== undefined) return { client: known, challenge };
    }
    const client = await this.#register('device');
    const challenge = await startDeviceLogin(this.provider, client, this.#options);
    if (challenge !== undefined) return { client, challenge };
    throw providerInvalid(this.provider.issuer, 'does not know the client it has just registered');
  }

  async run(): Promise<{ client: OidcClient; tokens: TokenSet }> {
    const { method } = this.#options;
    if (method.flow === 'device') {
      const { client, challenge } = await this.#start();
      await method.onVerification(challenge.verification);
      const tokens = await awaitApproval(this.provider, client, challenge, this.#options);
      return { client, tokens };
    }
    const callback = await openCallback();
    try {
      const client = await this.#register('browser', callback.redirectUri);
      const { onOpen, patienceMs } = method;
      const details = { ...this.#options, callback, onOpen, patienceMs };
      return { client, tokens: await loginInBrowser(this.provider, client, details) };
    } finally {
      callback.close();
    }
  }
}

/**
 * Logs in at an OIDC provider: discovery, registration (or the client of the former login),
 * approval by the user, tokens. They are saved before anything else is asked.
 *
 * @param options - provider, method, what to save with, transport and bounds
 * @returns the user's name; undefined when the provider does not say
 * @throws {SkahaError} `authentication.denied`, `authentication.expired`,
 * `authentication.provider_invalid`, `transport.failure`, `transport.timeout`, or what `save` throws
 */
export async function loginAtProvider(options: OidcLoginOptions): Promise<string | undefined> {
  const { issuers, discovery, key } = options.provider;
  const provider = await discoverProvider(issuers, discovery, options.method.flow, options);
  const { issuer } = provider;
  const login = new Login(options, provider);
  const cleanup = { ...options, timeoutMs: cleanupMs, signal: undefined };
  const former = formerClient(options);
  let client: OidcClient;
  let tokens: TokenSet;
  try {
    ({ client, tokens } = await login.run());
    options.signal?.throwIfAborted();
    await options.save(makeRecord({ ...provider, key }, client, tokens));
  } catch (error) {
    if (login.registered !== undefined) await deleteClient(login.registered, issuer, cleanup);
    throw error;
  }
  if (former !== undefined && former.identity !== client.identity) {
    await deleteClient(former, issuer, cleanup);
  }
  return userName(provider, client, tokens.access, options);
}
