import { base64 } from '@skaha/base/bytes.js';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { firstLine, repeats } from '@skaha/base/redact.js';
import { readRetryAfter } from '@skaha/base/retry-after.js';
import { writePrivateFile } from '../config/private-file.js';
import { SkahaError, ValidationError } from '../errors/index.js';
import { exchange, type Reply } from '../transport/exchange.js';
import type { Transport } from '../transport/types.js';
import { parseCertificateFile } from './certificate.js';

/** What is shown to the credential service. */
export type CertificateProof =
  | { type: 'password'; username: string; password: string }
  | { type: 'token'; token: string };

/** What asking for a certificate needs. */
export interface CertificateRequest {
  transport: Transport;
  /** Address of the certificate endpoint. */
  endpoint: string;
  proof: CertificateProof;
  /** How long the certificate is valid, in whole days from 1 to 30. @default 30 */
  daysValid?: number | undefined;
  /** Absolute path of the file that gets certificate, key and chain. */
  path: string;
  /** Time for all attempts together, in milliseconds. @default 30_000 */
  budgetMs?: number | undefined;
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  /** Called with what the user should know while it goes on. */
  onNotice?: ((notice: string) => void) | undefined;
}

/** A certificate that was fetched and saved. */
export interface FetchedCertificate {
  path: string;
  notBefore: Date;
  notAfter: Date;
}

const maximumBytes = 256 * 1024;
const maximumDays = 30;
const passing = new Set([408, 429, 502, 503, 504]);

function checkRequest({ daysValid = maximumDays, proof }: CertificateRequest): number {
  const refuse = (path: string, message: string) => new ValidationError([{ path, message }]);
  if (!Number.isInteger(daysValid) || daysValid < 1 || daysValid > maximumDays) {
    throw refuse('daysValid', `daysValid must be a whole number from 1 to ${maximumDays}.`);
  }
  if (proof.type === 'token') return daysValid;
  const { username } = proof;
  if (username.trim() === '') throw refuse('username', 'The user name is empty.');
  if (/[:\p{Cc}]/u.test(username.trim())) {
    throw refuse('username', 'The user name contains a character that is not allowed.');
  }
  if (proof.password.trim() === '') throw refuse('password', 'The password is empty.');
  return daysValid;
}

function authorization(proof: CertificateProof): string {
  if (proof.type === 'token') return `Bearer ${proof.token}`;
  // The login service drops blanks around both, and so must a pair that is typed or piped in.
  return `Basic ${base64(`${proof.username.trim()}:${proof.password.trim()}`)}`;
}

/** What the service said, unless it repeats what must not be shown. */
function said(reply: Reply, proof: CertificateProof): string | undefined {
  const line = firstLine(reply.text);
  const secrets = [
    authorization(proof).replace(/^\w+ /, ''),
    proof.type === 'token' ? proof.token : proof.password.trim(),
  ];
  return line === '' || repeats(reply.text, secrets) ? undefined : line;
}

function refusal(reply: Reply, host: string, proof: CertificateProof): SkahaError {
  const { status } = reply;
  const options = { status, serverMessage: said(reply, proof) };
  if (status === 401) {
    const what = proof.type === 'token' ? 'The token' : 'The user name or password';
    return new SkahaError('authentication.denied', `${what} was refused by ${host}.`, {
      ...options,
      hint: 'Check for typing errors; you can reset a forgotten password on the web page of the service.',
    });
  }
  if (status === 403) {
    return new SkahaError('authentication.denied', `${host} does not issue a certificate to you.`, {
      ...options,
      hint: "Ask the platform's support whether your account may use it.",
    });
  }
  if (passing.has(status) || status >= 500) {
    return new SkahaError(
      status === 503 ? 'server.unavailable' : 'server.error',
      `The credential service at ${host} is not working (HTTP ${status}).`,
      { ...options, hint: 'Try again later.', retryable: true },
    );
  }
  if (status >= 300 && status < 400) {
    return new SkahaError(
      'response.redirect',
      `The credential service at ${host} redirects elsewhere, and your ${proof.type} is not sent there.`,
      options,
    );
  }
  return new SkahaError('request.rejected', `${host} answered with HTTP ${status}.`, options);
}

/** Checks what was sent before any file is touched (S21 of the security checklist). */
function checkPem(text: string, host: string, now: number) {
  let found: ReturnType<typeof parseCertificateFile>;
  try {
    found = parseCertificateFile(text, `sent by ${host}`);
  } catch (error) {
    if (!(error instanceof SkahaError)) throw error;
    throw new SkahaError('response.invalid', `${error.message} Nothing was saved.`, {
      hint: "Try again later; if this persists, contact the platform's support.",
    });
  }
  const early = found.notBefore.getTime() > now;
  if (!early && found.notAfter.getTime() > now) return found;
  const state = early ? 'is not valid yet' : 'has already expired';
  throw new SkahaError(
    'authentication.credential_invalid',
    `The certificate sent by ${host} ${state} according to the clock of this machine. Nothing was saved.`,
    { hint: 'Check the date and time of this machine.' },
  );
}

function retryDelayMs(reply: Reply | undefined, attempt: number, now: number): number {
  const asked = readRetryAfter(reply?.header('retry-after'), now) ?? 0;
  return asked > 0 ? asked : 1000 * 2 ** attempt;
}

class Exchange {
  readonly #request: CertificateRequest;
  readonly #clock: Clock;
  readonly #deadline: number;
  readonly host: string;

  constructor(request: CertificateRequest) {
    this.#request = request;
    this.#clock = request.clock ?? systemClock;
    this.#deadline = this.#clock.now() + (request.budgetMs ?? 30_000);
    this.host = new URL(request.endpoint).host;
  }

  #get(daysValid: number): Promise<Reply> {
    const { transport, endpoint, proof, signal } = this.#request;
    const url = new URL(endpoint);
    url.searchParams.set('daysValid', String(daysValid));
    const headers = {
      accept: 'application/x-pem-file, text/plain',
      authorization: authorization(proof),
    };
    return exchange(
      transport,
      { method: 'GET', url: url.href, headers, anonymous: true },
      { timeoutMs: this.#leftMs(), maximumBytes, signal },
    );
  }

  #leftMs(): number {
    return Math.max(1, this.#deadline - this.#clock.now());
  }

  /** Asks until there is an answer that will not change by waiting, or no time is left. */
  async #answer(daysValid: number): Promise<Reply> {
    for (let attempt = 0; ; attempt += 1) {
      let reply: Reply | undefined;
      let failure: unknown;
      try {
        reply = await this.#get(daysValid);
      } catch (error) {
        if (!(error instanceof SkahaError) || error.code !== 'transport.failure') throw error;
        if (!error.retryable) throw error;
        failure = error;
      }
      if (reply !== undefined && !passing.has(reply.status)) return reply;
      const delayMs = retryDelayMs(reply, attempt, this.#clock.now());
      if (delayMs >= this.#leftMs()) {
        if (reply !== undefined) return reply;
        throw failure;
      }
      const seconds = Math.ceil(delayMs / 1000);
      this.#request.onNotice?.(`${this.host} is busy; trying again in ${seconds} s.`);
      await this.#clock.sleep(delayMs, this.#request.signal);
    }
  }

  /** A service may allow less than was asked for; it is then asked once for what it allows. */
  async pem(daysValid: number): Promise<string> {
    let reply = await this.#answer(daysValid);
    const allowed =
      reply.status === 400
        ? /daysValid larger than maximum allowed: (\d+(?:\.\d+)?)/.exec(reply.text)?.[1]
        : undefined;
    const maximum = Math.floor(Number(allowed));
    if (maximum >= 1 && maximum < daysValid) {
      this.#request.onNotice?.(`${this.host} issues certificates for at most ${maximum} days.`);
      reply = await this.#answer(maximum);
    }
    if (reply.status !== 200) throw refusal(reply, this.host, this.#request.proof);
    return reply.text;
  }
}

/**
 * Gets a client certificate from a credential service (IVOA Credential Delegation Protocol, as
 * CADC's `cred` offers it) and saves it. What is sent back is checked before the file is replaced.
 *
 * @param request - where, for whom, how long, and where to put it
 * @returns path and dates of the certificate
 * @throws {SkahaError} `authentication.denied` when user name, password or token is refused,
 * `server.unavailable`, `server.error`, `request.rejected`, `response.invalid`,
 * `response.redirect`, `transport.failure`, `transport.timeout`, `config.unwritable`,
 * `request.invalid`
 */
export async function fetchCertificate(request: CertificateRequest): Promise<FetchedCertificate> {
  const daysValid = checkRequest(request);
  const asked = new Exchange(request);
  const text = await asked.pem(daysValid);
  const now = (request.clock ?? systemClock).now();
  const { notBefore, notAfter } = checkPem(text, asked.host, now);
  request.signal?.throwIfAborted();
  await writePrivateFile(request.path, text);
  return { path: request.path, notBefore, notAfter };
}
