import { type AddressRules, addressProblem } from '@skaha/base/addresses.js';
import { safeUrl } from '@skaha/base/redact.js';
import { SkahaError } from '../errors/index.js';
import { type ExchangeLimits, exchange, type Reply } from '../transport/exchange.js';
import type { Transport } from '../transport/types.js';

/** What every request of discovery needs. Nothing that proves who the user is. */
export interface DiscoveryTools extends AddressRules {
  transport: Transport;
  /** Time for one request, redirects included, in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** Registry and capabilities documents are no longer than this, in bytes. */
const maximumBytes = 1024 * 1024;
const maximumRedirects = 5;

const refused = (address: string, problem: string): SkahaError =>
  new SkahaError(
    'response.invalid',
    `${safeUrl(address)} was not contacted: its address ${problem}.`,
  );

/** Where a redirect leads; undefined when the reply is none. */
function redirectTarget({ status, header }: Reply, from: string): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = header('location');
  if (location === undefined || !URL.canParse(location, from)) return undefined;
  const target = new URL(location, from);
  if (target.protocol !== 'https:' && from.startsWith('https:')) {
    throw new SkahaError(
      'response.redirect',
      `${new URL(from).host} redirects to an address that is not https, which is not followed.`,
    );
  }
  return target.href;
}

/**
 * Sends an anonymous request and follows at most 5 redirects, each to an address that obeys the
 * same rules.
 *
 * @param method - GET or HEAD
 * @param address - where to
 * @param tools - transport, rules and bounds
 * @param accept - media type wanted
 * @throws {SkahaError} `response.redirect`, `response.invalid` for an address that is refused, or
 * the errors of the exchange
 */
export async function fetchAnonymously(
  method: 'GET' | 'HEAD',
  address: string,
  tools: DiscoveryTools,
  accept = '*/*',
): Promise<Reply> {
  const { timeoutMs, signal } = tools;
  const limits: ExchangeLimits = { timeoutMs, signal, maximumBytes };
  let url = address;
  for (let hops = 0; hops <= maximumRedirects; hops += 1) {
    const problem = addressProblem(url, tools);
    if (problem !== undefined) throw refused(url, problem);
    const request = { method, url, headers: { accept }, anonymous: true } as const;
    const reply = await exchange(tools.transport, request, limits);
    const next = redirectTarget(reply, url);
    if (next === undefined) return reply;
    url = next;
  }
  throw new SkahaError(
    'response.redirect',
    `${new URL(address).host} redirects more than ${maximumRedirects} times.`,
  );
}

/**
 * Fetches a document anonymously.
 *
 * @param address - where it is
 * @param tools - transport, rules and bounds
 * @param accept - media type wanted
 * @throws {SkahaError} `server.error` for any status but 200, or the errors of the exchange
 */
export async function fetchDocument(
  address: string,
  tools: DiscoveryTools,
  accept: string,
): Promise<string> {
  const { status, text } = await fetchAnonymously('GET', address, tools, accept);
  if (status === 200) return text;
  throw new SkahaError('server.error', `${new URL(address).host} answered with HTTP ${status}.`, {
    status,
  });
}
