import { SkahaError, type SkahaErrorOptions } from '../errors/index.js';
import { fromBase64 } from '../utils/bytes.js';
import { firstLine, repeats, safeUrl } from '../utils/redact.js';
import { readRetryAfter } from '../utils/retry-after.js';
import { refusal } from './refusals.js';
import type { IncomingReply, OutgoingRequest } from './types.js';

/**
 * The error with a stable code for a reply that is no success.
 *
 * @param request - as it was sent
 * @param reply - outside 200 to 299
 * @param id - the session or app the call is about
 * @param now - milliseconds since the epoch, where a `Retry-After` that is a date is measured from
 */
export function replyError(
  request: OutgoingRequest,
  reply: IncomingReply,
  id: string | undefined,
  now: number,
): SkahaError {
  const { status } = reply;
  const serverMessage = serverText(request, reply);
  const retryAfterMs = readRetryAfter(reply.header('retry-after'), now);
  const facts: SkahaErrorOptions = { status, serverMessage, id, retryAfterMs };
  // A browser reports a redirect it did not follow as status 0.
  if (status === 0 || (status >= 300 && status < 400)) return redirect(request, reply, facts);
  const text = serverMessage ?? '';
  if (status === 401 || text.startsWith('cannot get group memberships for anonymous')) {
    return unauthenticated(request, text, facts);
  }
  if (status === 403) return denied(text, facts);
  if (status === 404) return notFound(request, reply, facts);
  if (status >= 500 || status === 429) return serverTrouble(request, facts);
  return refusal(text, facts);
}

/** What a request carries that must not be shown: the token, and the credential of a registry. */
function secretsIn({ headers, connection }: OutgoingRequest): (string | undefined)[] {
  return [
    headers['authorization']?.replace(/^Bearer /, ''),
    headers['x-skaha-registry-auth'],
    ...registrySecret(headers['x-skaha-registry-auth']),
    ...(headers['x-skaha-registry-auth'] === undefined
      ? []
      : Object.values(connection.registries).map(({ secret }) => secret)),
  ];
}

/** The secret of a registry that is used for one launch only is in no configuration. */
function registrySecret(header: string | undefined): string[] {
  if (header === undefined) return [];
  const text = fromBase64(header);
  return [text.slice(text.indexOf(':') + 1)];
}

/**
 * The first line of what the server said. Pages are not shown, and neither is anything that
 * repeats the credential: some servers echo it (Skaha API 1.5).
 */
export function serverText(request: OutgoingRequest, reply: IncomingReply): string | undefined {
  if (/html/i.test(reply.header('content-type') ?? '')) return undefined;
  const whole = new TextDecoder().decode(reply.bytes.subarray(0, 4096));
  const text = firstLine(whole);
  if (text === '' || text.startsWith('<')) return undefined;
  if (/^(?:unhandled auth:|BUG: invalid authorization|invalid cookie:)/i.test(text))
    return undefined;
  return repeats(whole, secretsIn(request)) ? undefined : text;
}

function redirect(request: OutgoingRequest, reply: IncomingReply, facts: SkahaErrorOptions) {
  const location = reply.header('location');
  const target =
    location === undefined || !URL.canParse(location, request.url)
      ? ''
      : ` to ${safeUrl(new URL(location, request.url))}`;
  return new SkahaError(
    'response.redirect',
    `${safeUrl(request.url)} points elsewhere${target}, where a Science Platform answers itself.`,
    { ...facts, hint: 'Check the address of the server; redirects are not followed.' },
  );
}

function unauthenticated(request: OutgoingRequest, text: string, facts: SkahaErrorOptions) {
  const host = new URL(request.url).host;
  const { mode } = request.connection.credential;
  if (/expired/i.test(text)) {
    return new SkahaError('authentication.expired', `Your login at ${host} has expired.`, {
      ...facts,
      hint: 'Log in again, or give a new token or certificate.',
    });
  }
  if (request.anonymous || mode === 'anonymous' || mode === 'cookie') {
    return new SkahaError('authentication.required', `${host} asks who you are.`, {
      ...facts,
      hint: 'Log in, or give a token or a certificate.',
    });
  }
  const credential = mode === 'token' ? 'token' : 'certificate';
  return new SkahaError(
    'authentication.credential_invalid',
    `${host} does not accept your ${credential}.`,
    { ...facts, hint: `Check that the ${credential} is for this server, or log in again.` },
  );
}

function denied(text: string, facts: SkahaErrorOptions) {
  const [message, hint] = /POSIX/.test(text)
    ? ['Your account on the platform is not complete.', 'Ask the support of the platform.']
    : /headless/.test(text)
      ? ['You may not start headless sessions here.', 'Ask the site for batch access.']
      : /delegated credentials/.test(text)
        ? ['The platform holds no valid credential of yours.', 'Log in to its web page once.']
        : ['You may not use this platform.', 'Ask the site for access to the Science Platform.'];
  return new SkahaError('authentication.denied', message, { ...facts, hint });
}

function notFound(request: OutgoingRequest, reply: IncomingReply, facts: SkahaErrorOptions) {
  const isPlain = /^text\/plain/i.test(reply.header('content-type') ?? '');
  if (isPlain && facts.id !== undefined) {
    return new SkahaError('session.not_found', `There is no session ${facts.id}.`, {
      ...facts,
      hint: 'It may have been deleted or may have expired: list your sessions.',
    });
  }
  if (isPlain) return refusal(facts.serverMessage ?? '', facts);
  return new SkahaError(
    'server.not_found',
    `There is no Science Platform API ${request.connection.version} at ${request.connection.root}.`,
    { ...facts, hint: 'Check the address of the server and the API version at its end.' },
  );
}

function serverTrouble(request: OutgoingRequest, facts: SkahaErrorOptions) {
  const host = new URL(request.url).host;
  const { status = 0 } = facts;
  if (status === 429) {
    return new SkahaError('server.unavailable', `${host} asks for fewer requests.`, {
      ...facts,
      retryable: true,
      hint: 'Wait a minute and try again.',
    });
  }
  if (status === 502 || status === 503 || status === 504) {
    return new SkahaError(
      'server.unavailable',
      `The platform at ${host} is not available right now (HTTP ${status}).`,
      { ...facts, retryable: true, hint: 'Try again in a few minutes.' },
    );
  }
  const said = facts.serverMessage === undefined ? '' : ` It said: ${facts.serverMessage}`;
  return new SkahaError('server.error', `${host} failed with HTTP ${status}.${said}`, {
    ...facts,
    hint: 'Try again later; if it stays, send this text to the support of the platform.',
  });
}
