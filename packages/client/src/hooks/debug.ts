import type { Logger } from '@skaha/base/logger.js';
import { firstLine, mask, safeUrl } from '@skaha/base/redact.js';
import { shownText } from './errors.js';
import type { Hook, IncomingReply, OutgoingRequest } from './types.js';

/** What users write into these may hold anything. */
const personal = new Set(['args', 'cmd']);
const longestShown = 200;

function shownField([name, value]: readonly [name: string, value: string]): string {
  // The name of a variable helps; its value is private.
  if (name === 'env') return `env=${value.split('=', 1)[0]}=${mask}`;
  if (personal.has(name)) return `${name}=(${value.length} characters)`;
  return `${name}=${value.slice(0, longestShown)}`;
}

const shownForm = ({ form }: OutgoingRequest) =>
  form === undefined || form.length === 0 ? {} : { form: form.map(shownField) };

/** What a refusal says beyond its first line, which is all that its error contains. */
function shownRest(request: OutgoingRequest, reply: IncomingReply) {
  if (reply.status < 400 || request.isSecret === true) return {};
  const lines = (shownText(request, reply) ?? '')
    .split(/\r?\n/)
    .map((line) => firstLine(line, 400));
  const rest = lines.filter((line) => line !== '').slice(1);
  return rest.length === 0 ? {} : { said: rest };
}

const shownUrl = ({ url, isSecret }: OutgoingRequest): string =>
  isSecret === true ? `${new URL(url).origin}/${mask}` : safeUrl(url);

/**
 * Logs what goes out and what comes back: method, address without its query, the fields
 * of a form without what may be secret, status, size and time; of a refusal also what its error
 * leaves out. Headers and other bodies may hold secrets and are never logged.
 *
 * @param logger - written to at level `debug`
 */
export function debugHook(logger: Logger): Hook {
  return {
    request: (outgoing) => {
      const { method, attempt, call } = outgoing;
      const facts = { request_id: call, method, url: shownUrl(outgoing), attempt };
      logger.debug('request', { ...facts, ...shownForm(outgoing) });
    },
    reply: (request, reply) => {
      const { method, call } = request;
      const { status, bytes, milliseconds } = reply;
      const facts = { request_id: call, method, url: shownUrl(request), status };
      const size = { bytes: bytes.length, milliseconds };
      logger.debug('reply', { ...facts, ...size, ...shownRest(request, reply) });
    },
  };
}
