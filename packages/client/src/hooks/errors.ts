import { fromBase64 } from '@skaha/base/bytes.js';
import { firstLine, repeats, safeUrl, withoutJava } from '@skaha/base/redact.js';
import { readRetryAfter } from '@skaha/base/retry-after.js';
import { SkahaError, type SkahaErrorOptions } from '../errors/index.js';
import {
  type Answer,
  type AnswerSource,
  lookedAtBytes,
  speakerOf,
  unknownSession,
} from '../transport/answer.js';
import { foreignError, retryHint } from '../transport/foreign.js';
import { refusal } from './refusals.js';
import type { Hook, IncomingReply, OutgoingRequest } from './types.js';

/**
 * Turns every reply that is not a success in the platform's own hand into an error with a stable
 * code.
 *
 * @param request - as it was sent
 * @param id - the session or app the call is about
 * @param now - milliseconds since the epoch, where a `Retry-After` that is a date is measured from
 */
export function errorHook(id: string | undefined, now: () => number): Hook {
  return {
    reply: (request, reply) => {
      const answer = answerOf(reply);
      const question = { url: request.url, accept: request.headers['accept'] };
      const speaker = speakerOf(answer, question);
      if (speaker === 'between') throw notThePlatforms(request, reply, id, now());
      if (reply.status >= 200 && reply.status < 300) return;
      throw replyError(request, reply, { id, now: now(), answer, speaker });
    },
  };
}

/** The part of a reply that shows whose it is. */
function answerOf({ status, header, bytes }: IncomingReply): Answer {
  return { status, header, text: new TextDecoder().decode(bytes.subarray(0, lookedAtBytes)) };
}

/** How long the server asks to wait, by its own clock where it has one. */
export function retryAfter(
  { header }: Pick<IncomingReply, 'header'>,
  now: number,
): number | undefined {
  const theirs = Date.parse(header('date') ?? '');
  return readRetryAfter(header('retry-after'), Number.isNaN(theirs) ? now : theirs);
}

/**
 * The error for a reply that something in front of the platform gave, or that is nothing that the
 * platform would say.
 *
 * @param request - as it was sent
 * @param reply - to it
 * @param id - the session or app the call is about
 * @param now - milliseconds since the epoch
 */
export function notThePlatforms(
  request: OutgoingRequest,
  reply: IncomingReply,
  id: string | undefined,
  now: number,
): SkahaError {
  const { url, connection } = request;
  return foreignError(answerOf(reply), {
    url,
    root: connection.root,
    id,
    now,
    secrets: secretsIn(request),
    retryAfterMs: retryAfter(reply, now),
  });
}

/**
 * The error for a refusal of another service of the platform, such as its storage, where the service
 * has no words of its own for it.
 *
 * @param request - as it was sent
 * @param reply - that is no answer
 * @param id - what the call is about
 * @param now - milliseconds since the epoch
 */
export function serviceError(
  request: OutgoingRequest,
  reply: IncomingReply,
  id: string | undefined,
  now: number,
): SkahaError {
  const { status } = reply;
  // A browser reports a redirect it did not follow as status 0.
  if (status === 0 || (status >= 300 && status < 400)) return redirected(request, reply);
  return replyError(request, reply, { id, now, answer: answerOf(reply), speaker: 'platform' });
}

function redirected({ url, isSecret }: OutgoingRequest, { status, header }: IncomingReply) {
  const location = header('location');
  const isShown = isSecret !== true && location !== undefined && URL.canParse(location, url);
  const target = isShown ? ` to ${safeUrl(new URL(location, url))}` : '';
  const from = isSecret === true ? new URL(url).origin : safeUrl(url);
  return new SkahaError('response.redirect', `${from} points elsewhere${target}.`, {
    status,
    hint: 'Check the address of the service; redirects are not followed here.',
  });
}

interface ReplyFacts {
  id: string | undefined;
  now: number;
  answer: Answer;
  speaker: AnswerSource;
}

function replyError(
  request: OutgoingRequest,
  reply: IncomingReply,
  { id, now, answer, speaker }: ReplyFacts,
): SkahaError {
  const { status } = reply;
  const serverMessage = serverText(request, reply);
  const retryAfterMs = retryAfter(reply, now);
  const facts: SkahaErrorOptions = { status, serverMessage, id, retryAfterMs };
  const text = serverMessage ?? '';
  if (status === 401 || text.startsWith('cannot get group memberships for anonymous')) {
    return unauthenticated(request, text, facts);
  }
  if (status === 403) return denied(text, facts);
  if (status === 404) {
    if (speaker === 'container') return noApi(request, facts);
    return unknownSession(answer, request.url) === undefined || id === undefined
      ? refusal(text, facts)
      : sessionNotFound(id, facts);
  }
  if (status >= 500 || status === 429) return serverFailure(request, facts, now);
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
 * The first line of what the server said, without the names of its program's parts. Pages are not
 * shown, and neither is anything that repeats the credential: some servers echo it (Skaha API 1.5).
 */
export function serverText(request: OutgoingRequest, reply: IncomingReply): string | undefined {
  const whole = shownText(request, reply);
  const text = whole === undefined ? '' : firstLine(withoutJava(whole));
  return text === '' ? undefined : text;
}

/**
 * What a server said, as far as it may be shown; undefined for pages and for what repeats a secret.
 *
 * @param request - as it was sent
 * @param reply - to it
 */
export function shownText(request: OutgoingRequest, reply: IncomingReply): string | undefined {
  if (/html/i.test(reply.header('content-type') ?? '')) return undefined;
  const whole = new TextDecoder().decode(reply.bytes.subarray(0, lookedAtBytes));
  const text = whole.trimStart();
  if (text.startsWith('<')) return undefined;
  if (/^(?:unhandled auth:|BUG: invalid authorization|invalid cookie:)/i.test(text))
    return undefined;
  return repeats(whole, secretsIn(request)) ? undefined : whole;
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
    ? ['Your account on the platform is not complete.', "Ask the platform's support."]
    : /headless/.test(text)
      ? [
          'You may not start headless sessions here.',
          "Ask the platform's support for batch access.",
        ]
      : /delegated credentials/.test(text)
        ? ['The platform has no valid credential of yours.', 'Log in to its web page once.']
        : ['You may not use this platform.', "Ask the platform's support for access."];
  return new SkahaError('authentication.denied', message, { ...facts, hint });
}

/** The error for a session that is not there, or not any more. */
export const sessionNotFound = (
  id: string,
  facts: SkahaErrorOptions = {},
  message = `There is no session ${id}.`,
): SkahaError =>
  new SkahaError('session.not_found', message, {
    ...facts,
    id,
    hint: 'It may have been deleted or may have expired: list your sessions.',
  });

/** Either the address is wrong, or the container runs and the platform in it does not, yet. */
function noApi({ connection: { root, version } }: OutgoingRequest, facts: SkahaErrorOptions) {
  return new SkahaError(
    'server.not_found',
    `There is no Science Platform API ${version} at ${root}.`,
    {
      ...facts,
      retryable: true,
      hint: 'Check the address of the server and the API version at its end; it may also be restarting.',
    },
  );
}

function serverFailure(request: OutgoingRequest, facts: SkahaErrorOptions, now: number) {
  const host = new URL(request.url).host;
  const { status = 0, retryAfterMs } = facts;
  if (status === 429) {
    return new SkahaError('server.unavailable', `${host} asks for fewer requests.`, {
      ...facts,
      retryable: true,
      hint: retryHint(retryAfterMs, now) ?? 'Wait a minute and try again.',
    });
  }
  if (status === 503) {
    return new SkahaError(
      'server.unavailable',
      `The platform at ${host} is not available right now (HTTP ${status}).`,
      {
        ...facts,
        retryable: true,
        hint: retryHint(retryAfterMs, now) ?? 'Try again in a few minutes.',
      },
    );
  }
  const said = facts.serverMessage === undefined ? '' : ` It said: ${facts.serverMessage}`;
  const known = faults.find(({ pattern }) => pattern.test(said));
  return new SkahaError('server.error', `${host} failed with HTTP ${status}.${said}`, {
    ...facts,
    retryable: known?.passes ?? false,
    hint:
      known?.hint ?? "Try again later; if this persists, send this text to the platform's support.",
  });
}

/** Faults of the platform whose cause is known (Skaha API, errors a client meets). */
const faults: readonly { pattern: RegExp; passes: boolean; hint: string }[] = [
  {
    pattern: /POSIX ?Mapper/i,
    passes: true,
    hint: 'The platform could not look up your account just now: try again. If this persists, ask its support.',
  },
  {
    pattern: /yaml|while (?:parsing|scanning)|mapping values|did not find expected/i,
    passes: false,
    hint: 'The platform could not parse the command: a quote or a YAML character in it causes this. Put the command in a script and run that.',
  },
  {
    pattern: /No group \d|Illegal group reference|character to be escaped/,
    passes: false,
    hint: 'The platform cannot pass on a character of the command or its variables: put the command in a script and run that.',
  },
];
