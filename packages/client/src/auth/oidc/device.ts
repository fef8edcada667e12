import { type Clock, systemClock } from '@skaha/base/clock.js';
import { firstLine } from '@skaha/base/redact.js';
import { deviceAuthorizationRequest, deviceCodeGrantRequest } from 'oauth4webapi';
import { SkahaError } from '../../errors/index.js';
import { clientAuthentication, messageOptions, type OidcClient, scope } from './client.js';
import {
  converse,
  type OidcReply,
  type OidcTools,
  providerDown,
  providerInvalid,
  textOf,
  wholeNumberOf,
} from './messages.js';
import type { OidcProvider } from './provider.js';
import { readTokens, type TokenSet } from './tokens.js';

/** What the user needs to approve a login. */
export interface Verification {
  /** The code to type on the page, or to compare with the one that the page shows. */
  userCode: string;
  /** Address of the page. */
  verificationUri: string;
  /** The address including the code. */
  verificationUriComplete: string | undefined;
  /** The address to open in a browser; undefined if none of them is safe to open. */
  browserUrl: string | undefined;
  /** How long the code is valid, in milliseconds. */
  expiresInMs: number;
}

/** A login that waits for approval. */
export interface DeviceChallenge {
  deviceCode: string;
  verification: Verification;
  /** Seconds between questions. */
  interval: number;
}

const defaultInterval = 5;
const slowDownSeconds = 5;
const longestBackoffSeconds = 60;

function safeToOpen(address: string | undefined, development: boolean): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol, hostname, href } = new URL(address);
  const local = development && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && local) ? href : undefined;
}

/**
 * Asks for a code that the user approves in a browser, on this device or another (RFC 8628).
 *
 * @param provider - as discovered
 * @param client - as registered
 * @param tools - transport and bounds
 * @returns undefined if the provider does not know the client (any more)
 * @throws {SkahaError} `authentication.provider_invalid`, `transport.failure`, `transport.timeout`
 */
export async function startDeviceLogin(
  provider: OidcProvider,
  client: OidcClient,
  tools: OidcTools,
): Promise<DeviceChallenge | undefined> {
  const { issuer, metadata } = provider;
  const { json, status, error } = await converse(tools, (fetch) =>
    deviceAuthorizationRequest(
      metadata,
      { client_id: client.identity },
      clientAuthentication(client),
      { scope },
      messageOptions(tools, fetch),
    ),
  );
  if (error === 'invalid_client' || status === 404) return undefined;
  if (status >= 500) throw providerDown(issuer, status);
  if (error !== undefined || status < 200 || status > 299) {
    throw providerInvalid(issuer, `refused to start the login (${status})`);
  }
  const deviceCode = textOf(json?.['device_code']);
  const userCode = firstLine(textOf(json?.['user_code']) ?? '');
  const verificationUri = firstLine(textOf(json?.['verification_uri']) ?? '', 2000);
  const complete = firstLine(textOf(json?.['verification_uri_complete']) ?? '', 2000);
  const seconds = wholeNumberOf(json?.['expires_in']) ?? 0;
  const interval = wholeNumberOf(json?.['interval'] ?? defaultInterval);
  const missing = deviceCode === undefined || userCode === '' || verificationUri === '';
  if (missing || seconds <= 0 || interval === undefined || json?.['interval'] === null) {
    throw providerInvalid(issuer, 'sent a malformed device authorization response');
  }
  const verificationUriComplete = complete === '' ? undefined : complete;
  return {
    deviceCode,
    interval: interval > 0 ? interval : defaultInterval,
    verification: {
      userCode,
      verificationUri,
      verificationUriComplete,
      browserUrl: safeToOpen(verificationUriComplete ?? verificationUri, tools.development),
      expiresInMs: seconds * 1000,
    },
  };
}

/** What one question brought. */
type Outcome =
  | { tokens: TokenSet }
  | { wait: 'pending' | 'slow-down' }
  | { wait: 'transient'; retryAfter: number };

const denied = (host: string): SkahaError =>
  new SkahaError('authentication.denied', `The login at ${host} was denied.`, {
    hint: 'Log in again, and approve it on the page.',
  });

const codeExpired = (host: string): SkahaError =>
  new SkahaError('authentication.expired', 'The code of this login expired.', {
    hint: `Log in again, and approve it on the page of ${host} before the time is up.`,
  });

const timedOut = (host: string, milliseconds: number): SkahaError =>
  new SkahaError(
    'transport.timeout',
    `The login at ${host} was not approved within ${Math.round(milliseconds / 1000)} seconds.`,
    { hint: 'Log in again, and approve it on the page before the time is up.' },
  );

const stoppedAnswering = (host: string): SkahaError =>
  new SkahaError(
    'transport.failure',
    `The identity provider ${host} stopped working before the login was approved.`,
    { hint: 'Nothing was saved. Log in again later.', retryable: true },
  );

/** The error member decides, not the status. */
function judge(reply: OidcReply, issuer: string, now: number): Outcome {
  const { error, status } = reply;
  const { host } = new URL(issuer);
  if (error === 'authorization_pending') return { wait: 'pending' };
  if (error === 'slow_down') return { wait: 'slow-down' };
  if (error === 'access_denied') throw denied(host);
  if (error === 'expired_token') throw codeExpired(host);
  if (status === 429 || status >= 500) {
    const seconds = Number(reply.header('retry-after') ?? 0);
    return { wait: 'transient', retryAfter: Number.isFinite(seconds) ? seconds : 0 };
  }
  if (error !== undefined) {
    throw providerInvalid(issuer, 'ended the login with an error', 'Log in again.');
  }
  return { tokens: readTokens(reply, issuer, now) };
}

class Poll {
  #interval: number;
  /** The last pause after a failure of the network, in seconds; 0 once there was an answer. */
  #backoff = 0;

  constructor(interval: number) {
    this.#interval = interval;
  }

  /** How long to wait before the next question, in seconds. */
  pause(outcome: Exclude<Outcome, { tokens: TokenSet }>): number {
    if (outcome.wait === 'transient') {
      const doubled = Math.min((this.#backoff || this.#interval) * 2, longestBackoffSeconds);
      this.#backoff = Math.max(doubled, this.#interval);
      return Math.max(this.#backoff, outcome.retryAfter);
    }
    this.#backoff = 0;
    if (outcome.wait === 'slow-down') this.#interval += slowDownSeconds;
    return this.#interval;
  }
}

/**
 * Asks for the tokens until the user has decided (RFC 8628, section 3.5). The first question is
 * asked at once; `slow_down` lengthens the interval for good, a failure of the network only until
 * the next answer; nothing is asked after the code's life.
 *
 * @param provider - as discovered
 * @param client - as registered
 * @param challenge - as started
 * @param tools - transport, bounds, and the clock that waits
 * @throws {SkahaError} `authentication.denied`, `authentication.expired` if the code expired,
 *   `transport.timeout` if nobody decided in time, `transport.failure` if the provider stopped
 *   working meanwhile, `authentication.provider_invalid`
 */
export async function awaitApproval(
  provider: OidcProvider,
  client: OidcClient,
  challenge: DeviceChallenge,
  tools: OidcTools & { clock?: Clock | undefined },
): Promise<TokenSet> {
  const { issuer, metadata } = provider;
  const clock = tools.clock ?? systemClock;
  // The clock on the wall may be set while the user is away; a measure of its own does not jump.
  const elapsedNow = tools.clock === undefined ? () => performance.now() : () => clock.now();
  const lifeMs = challenge.verification.expiresInMs;
  const deadline = elapsedNow() + lifeMs;
  const poll = new Poll(challenge.interval);
  let silent = false;
  for (;;) {
    if (elapsedNow() >= deadline) {
      const { host } = new URL(issuer);
      throw silent ? stoppedAnswering(host) : timedOut(host, lifeMs);
    }
    const outcome = await ask();
    if ('tokens' in outcome) return outcome.tokens;
    silent = outcome.wait === 'transient';
    const leftMs = deadline - elapsedNow();
    await clock.sleep(Math.max(0, Math.min(poll.pause(outcome) * 1000, leftMs)), tools.signal);
  }

  async function ask(): Promise<Outcome> {
    try {
      const reply = await converse(tools, (fetch) =>
        deviceCodeGrantRequest(
          metadata,
          { client_id: client.identity },
          clientAuthentication(client),
          challenge.deviceCode,
          messageOptions(tools, fetch),
        ),
      );
      return judge(reply, issuer, clock.now());
    } catch (error) {
      if (error instanceof SkahaError && error.retryable) {
        return { wait: 'transient', retryAfter: 0 };
      }
      throw error;
    }
  }
}
