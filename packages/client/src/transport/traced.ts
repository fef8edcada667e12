import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { safeUrl } from '@skaha/base/redact.js';
import type { Transport } from './types.js';

/**
 * Tells a logger what a transport sends and gets: method, address without its query, status and
 * time. Headers and bodies, which hold passwords and tokens while logging in, are never logged.
 *
 * @param inner - what sends
 * @param logger - told at level `debug`
 * @param clock - measures the time
 * @param tag - begins the ids of the requests
 */
export function tracedTransport(
  inner: Transport,
  logger: Logger,
  clock: Pick<Clock, 'now'>,
  tag: string,
): Transport {
  let count = 0;
  return {
    send: async (request) => {
      count += 1;
      const { method } = request;
      const facts = { request_id: `${tag}-${count}`, method, url: safeUrl(request.url) };
      logger.debug('request', facts);
      const started = clock.now();
      const reply = await inner.send(request);
      const milliseconds = clock.now() - started;
      logger.debug('reply', { ...facts, status: reply.status, milliseconds });
      return reply;
    },
    close: () => inner.close(),
    proxyOf: (url) => inner.proxyOf?.(url),
  };
}
