import type { Logger } from '../utils/logger.js';
import { safeUrl } from '../utils/redact.js';
import type { Hook } from './types.js';

/**
 * Tells the logger what goes out and what comes back: method, address without its query, status,
 * size and time. Headers and bodies may hold secrets and are never logged.
 *
 * @param logger - told at level `debug`
 */
export function debugHook(logger: Logger): Hook {
  return {
    request: ({ method, url, attempt }) =>
      logger.debug('request', { method, url: safeUrl(url), attempt }),
    reply: ({ method, url }, { status, bytes, milliseconds }) =>
      logger.debug('reply', {
        method,
        url: safeUrl(url),
        status,
        bytes: bytes.length,
        milliseconds,
      }),
  };
}
