import { firstLine, repeats, safeUrl } from '@skaha/base/redact.js';
import { inWords } from '@skaha/base/retry-after.js';
import { type ErrorCode, SkahaError, type SkahaErrorOptions } from '../errors/index.js';
import { type Answer, isPage, lookedAtBytes, speakerOf } from './answer.js';

const longestHeader = 80;

/** The cause of an error about an answer that is not the platform's. */
export class ForeignAnswer extends Error {
  override readonly name = 'ForeignAnswer';
  /** False when nothing can have been done: the answer is from something that did not pass the request on. */
  readonly mayHaveReached: boolean;

  constructor(speaker: string, mayHaveReached: boolean) {
    super(speaker);
    this.mayHaveReached = mayHaveReached;
  }
}

/**
 * Tests whether an error is about an answer of something in front of the platform.
 *
 * @param error - anything that was caught
 */
export const isForeign = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof ForeignAnswer;

/** What is known about a request whose answer is not the platform's. */
export interface ForeignFacts {
  url: string;
  /** Where the application is said to be. */
  root: string;
  /** What was sent and must not be shown. */
  secrets: readonly (string | undefined)[];
  id?: string | undefined;
  retryAfterMs?: number | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Whom the headers name, bounded and cleaned; empty when they name nobody. */
function named({ header }: Answer, secrets: ForeignFacts['secrets']): string {
  return ['server', 'via']
    .map((name) => [name, firstLine(header(name) ?? '', longestHeader)] as const)
    .filter(([, value]) => value !== '' && !repeats(value, secrets))
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

interface Words {
  code: ErrorCode;
  message: string;
  hint: string;
  retryable: boolean;
}

const refusedTooLong = new Set([413, 414, 431]);

/** Statuses of the networks that stand between, which no standard has. */
const meanings: Readonly<Record<number, string>> = {
  520: 'it did not understand the answer of the platform',
  521: 'the platform refused its connection',
  522: 'the platform did not accept its connection in time',
  523: 'it cannot reach the platform',
  524: 'the platform did not answer it in time',
  525: 'its TLS connection to the platform failed',
  526: 'it does not trust the certificate of the platform',
  530: 'it cannot find the platform',
};

const later = 'Try again in a few minutes.';
const pageHint = (host: string) =>
  `It may be a login page, a notice, or a network that wants you to log in first: open https://${host} in a browser.`;

const passing = (message: string, hint: string, code: ErrorCode = 'server.unavailable'): Words => ({
  code,
  message,
  hint,
  retryable: true,
});
const lasting = (code: ErrorCode, message: string, hint: string): Words => ({
  code,
  message,
  hint,
  retryable: false,
});

/** Who answered, in whose place, with what. */
function wordsOf(answer: Answer, { url, root }: ForeignFacts, who: string): Words {
  const { status } = answer;
  const { host } = new URL(url);
  if (status >= 200 && status < 300) {
    const what = isPage(answer) ? 'its own page' : 'something other than what was requested';
    const message = `${who} answered for ${host} with ${what} (HTTP ${status}).`;
    return passing(message, pageHint(host), 'response.invalid');
  }
  if (status < 400) return redirect(answer, url, who);
  const http = `(HTTP ${status})`;
  return status < 500
    ? refusal(status, { host, http, who, root })
    : gatewayFailure(status, host, who);
}

interface RefusalFacts {
  host: string;
  http: string;
  who: string;
  root: string;
}

function refusal(status: number, { host, http, who, root }: RefusalFacts): Words {
  if (status === 401) {
    const message = `${who} at ${host} requires its own login ${http}.`;
    return lasting('authentication.required', message, pageHint(host));
  }
  if (status === 407) {
    return lasting(
      'transport.failure',
      `A proxy on the way to ${host} asks for a login ${http}. ${who} did this.`,
      'Put the user name and password into the address of the proxy: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT',
    );
  }
  if (status === 408) {
    const message = `${who} at ${host} waited too long for the request ${http}.`;
    return passing(message, 'Try again; check your network if this persists.', 'transport.timeout');
  }
  if (status === 425) {
    const message = `${who} at ${host} did not accept the request so early in the connection ${http}.`;
    return passing(message, 'Try again.');
  }
  if (status === 429) {
    const message = `${who} at ${host} asks for fewer requests ${http}.`;
    return passing(message, 'Wait a minute and try again.');
  }
  if (status === 404 || status === 410 || status === 421) {
    return passing(
      `${who} found nothing at this address of ${host}; the platform did not answer ${http}.`,
      `It may be restarting: try again in a minute. If this persists, check the address ${safeUrl(root)}.`,
    );
  }
  if (refusedTooLong.has(status)) {
    const message = `The request is too long for ${inside(who)} at ${host} ${http}.`;
    const hint = 'Send less in one request: fewer or shorter variables and arguments, or a script.';
    return lasting('request.rejected', message, hint);
  }
  return {
    code: 'request.rejected',
    message: `${who} refused the request before it reached the platform at ${host} ${http}.`,
    hint: "A firewall or gateway did this, not the platform: try another network, or send this text to the platform's support.",
    // Rules of firewalls come and go with the network and with the rate of requests.
    retryable: status === 403,
  };
}

const inside = (who: string): string => who.replace(/^S/, 's');

function gatewayFailure(status: number, host: string, who: string): Words {
  const http = `(HTTP ${status})`;
  if (status === 511) {
    const message = `The network asks you to log in before ${host} can be reached ${http}. ${who} said this.`;
    return passing(message, 'Open any page in a browser and log in there.', 'transport.failure');
  }
  if (status === 500 || status === 501 || status === 505) {
    return passing(`${who} at ${host} failed ${http}.`, later, 'server.error');
  }
  const meaning = meanings[status] === undefined ? '' : `: ${meanings[status]}`;
  return passing(
    `The platform at ${host} is not available right now, according to ${inside(who)}${meaning} ${http}.`,
    later,
  );
}

function redirect(answer: Answer, url: string, who: string): Words {
  const location = answer.header('location');
  const target =
    location === undefined || !URL.canParse(location, url)
      ? ''
      : ` to ${safeUrl(new URL(location, url))}`;
  return {
    code: 'response.redirect',
    message: `${safeUrl(url)} redirects elsewhere${target}, but a Science Platform would answer by itself. ${who} did this.`,
    hint: 'Check the address of the server; redirects are not followed. It may also be a login page, or a network that wants you to log in first.',
    // Moved for good means a wrong address; a login page or a portal may go away.
    retryable: answer.status !== 301 && answer.status !== 308,
  };
}

/**
 * Whether a request that something in front answered may have been carried out all the same: a
 * gateway that lost the reply says so with one of these statuses, or in these words.
 */
function mayHaveReached({ status, text }: Answer): boolean {
  if (status >= 200 && status < 300) return true;
  if ([408, 500, 502, 504, 520, 522, 524, 598, 599].includes(status)) return true;
  return (
    status === 503 &&
    /\b(?:reset|terminat\w+|time-?d?\s?out)\b/i.test(text) &&
    !/connection failure|refused/i.test(text)
  );
}

/**
 * The error for an answer that something in front of the platform gave.
 *
 * @param answer - as judged by `speakerOf`
 * @param facts - what was asked, and what must not be shown
 */
export function foreignError(answer: Answer, facts: ForeignFacts): SkahaError {
  const { secrets, id, retryAfterMs, now } = facts;
  const names = named(answer, secrets);
  const who = `Something in front of the platform${names === '' ? '' : ` (${names})`}`;
  const words = wordsOf(answer, facts, who);
  const said = isPage(answer) || repeats(answer.text, secrets) ? '' : firstLine(answer.text);
  const options: SkahaErrorOptions = {
    status: answer.status,
    serverMessage: said === '' ? undefined : said,
    id,
    retryable: words.retryable,
    retryAfterMs,
    hint: retryHint(retryAfterMs, now) ?? words.hint,
    cause: new ForeignAnswer(who, mayHaveReached(answer)),
  };
  return new SkahaError(words.code, words.message, options);
}

/**
 * Says when a server wants to be asked again.
 *
 * @param retryAfterMs - from now, in milliseconds
 * @param now - milliseconds since the epoch
 * @returns undefined when it said nothing that is worth a word
 */
export function retryHint(retryAfterMs: number | undefined, now: number): string | undefined {
  if (retryAfterMs === undefined || retryAfterMs < 1000) return undefined;
  const time = new Date(Math.min(now + retryAfterMs, 8.64e15)).toISOString().slice(0, 19);
  return `It asks to try again in ${inWords(retryAfterMs)}, not before ${time}Z.`;
}

/**
 * Refuses a reply of a platform's address that is not the platform's own. For the protocols of
 * logging in and of discovery, which read replies themselves.
 *
 * @param reply - read to its end
 * @param facts - what was asked
 * @throws {SkahaError} as {@link foreignError} makes it
 */
export function refuseForeign(
  reply: Answer,
  { url, root, secrets = [] }: Pick<ForeignFacts, 'root' | 'url'> & Partial<ForeignFacts>,
): void {
  const answer = { ...reply, text: reply.text.slice(0, lookedAtBytes) };
  if (speakerOf(answer, { url }) !== 'between') return;
  throw foreignError(answer, { url, root, secrets, now: 0 });
}
