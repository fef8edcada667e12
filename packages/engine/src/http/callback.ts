import type { IncomingMessage } from 'node:http';
import { isFinished } from '../sessions/record.js';
import { Refusal } from '../sessions/refusal.js';
import type { Site } from './site.js';

/** For whom a desktop calls back, or why it may not. */
export type CallbackCaller = { readonly user: string } | { readonly refusal: Refusal };

/** The calls of a desktop (Skaha API, 2.7), as method and path after the version. */
const calls = (id: string): readonly RegExp[] => [
  /^GET \/image\?type=desktop-app$/,
  /^GET \/context$/,
  new RegExp(`^POST /session/${id}/app(?:\\?.*)?$`),
  new RegExp(`^GET /session/${id}/app/[a-z0-9]{3}$`),
];

const gone = () =>
  new Refusal(
    500,
    'unexpected exception: java.lang.RuntimeException: Unable to retrieve information for callback flow',
  );

const refuse = (refusal: Refusal): CallbackCaller => ({ refusal });

/**
 * Finds out for whom a desktop calls back; used only if there is no other credential. In strict
 * mode the token is accepted for everything, as by the real platform.
 */
export function identifyCallback(
  request: IncomingMessage,
  { callbackTokens, orchestrator, settings }: Site,
): CallbackCaller | undefined {
  const token = request.headers['x-auth-token-skaha'];
  if (typeof token !== 'string') return undefined;
  const strict = settings.oddities.has('open-callback');
  const invalid = () => refuse(new Refusal(403, 'Invalid auth token'));
  const found = callbackTokens.check(token);
  if (found === 'malformed' && strict) return refuse(gone());
  if (typeof found === 'string') return invalid();
  const desktop = orchestrator.sessions.visible(found.id);
  if (strict) return desktop === undefined ? refuse(gone()) : { user: desktop.owner };
  if (desktop === undefined || isFinished(desktop.life)) return invalid();
  const call = `${request.method} ${(request.url ?? '').replace(/^\/skaha\/v\d/, '')}`;
  return calls(found.id).some((one) => one.test(call)) ? { user: desktop.owner } : invalid();
}
