import type { Logger } from '../utils/logger.js';
import { mask, safeUrl } from '../utils/redact.js';
import type { Hook, OutgoingRequest } from './types.js';

/** What users write into these may hold anything. */
const personal = new Set(['args', 'cmd']);
const longestShown = 200;

function shownField([name, value]: readonly [name: string, value: string]): string {
  // The name of a variable helps; its value is nobody's business.
  if (name === 'env') return `env=${value.split('=', 1)[0]}=${mask}`;
  if (personal.has(name)) return `${name}=(${value.length} characters)`;
  return `${name}=${value.slice(0, longestShown)}`;
}

const shownForm = ({ form }: OutgoingRequest) =>
  form === undefined || form.length === 0 ? {} : { form: form.map(shownField) };

const shownUrl = ({ url, isSecret }: OutgoingRequest): string =>
  isSecret === true ? `${new URL(url).origin}/${mask}` : safeUrl(url);

/**
 * Tells the logger what goes out and what comes back: method, address without its query, the fields
 * of a form without what may be secret, status, size and time. Headers and what the server sends may
 * hold secrets and are never logged.
 *
 * @param logger - told at level `debug`
 */
export function debugHook(logger: Logger): Hook {
  return {
    request: (outgoing) => {
      const { method, attempt, call } = outgoing;
      const facts = { request_id: call, method, url: shownUrl(outgoing), attempt };
      logger.debug('request', { ...facts, ...shownForm(outgoing) });
    },
    reply: (outgoing, { status, bytes, milliseconds }) =>
      logger.debug('reply', {
        request_id: outgoing.call,
        method: outgoing.method,
        url: shownUrl(outgoing),
        status,
        bytes: bytes.length,
        milliseconds,
      }),
  };
}
