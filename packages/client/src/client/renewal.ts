import type { IncomingReply, OutgoingRequest } from '../hooks/types.js';

/**
 * Finds the token that a server did not take, where a better one can be had and the request may
 * be sent once more: it changes nothing, or the server says that the token was the reason, so that
 * nothing was done (RFC 6750, section 3.1).
 *
 * @param request - as it was sent
 * @param reply - to it
 */
export function rejectedToken(request: OutgoingRequest, reply: IncomingReply): string | undefined {
  const { credential } = request.connection;
  if (reply.status !== 401 || request.anonymous) return undefined;
  if (credential.mode !== 'token' || credential.renew === undefined) return undefined;
  const changesNothing = request.method === 'GET' || request.method === 'HEAD';
  const isTheReason = /error="?invalid_token\b/.test(reply.header('www-authenticate') ?? '');
  if (!changesNothing && !isTheReason) return undefined;
  return /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
}
