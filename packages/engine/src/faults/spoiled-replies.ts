import { type Reply, text, unavailable, withHeaders } from '@skaha/service/reply.js';
import { type Fault, faultOf } from './fault.js';

const page = (status: number, title: string): Reply => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
});

const gatewayTitles: Readonly<Record<number, string>> = {
  429: '429 Too Many Requests',
  502: '502 Bad Gateway',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
};

/** The reply that a fault sends instead of doing the work, if any. */
export function replyInstead(met: readonly Fault[], url: string): Reply | undefined {
  const outage = faultOf(met, 'status-503');
  if (outage !== undefined) return unavailable(afterEndpoint(url), outage.retryAfterSeconds);
  const burst = faultOf(met, '503-burst');
  if (burst !== undefined) return unavailable(afterEndpoint(url), burst.retryAfterSeconds ?? 1);
  const gateway = faultOf(met, 'bad-gateway');
  if (gateway !== undefined) {
    const status = Math.min(599, Math.max(400, gateway.status ?? 502));
    const reply = page(status, gatewayTitles[status] ?? `${status} Error`);
    return status === 429 ? withHeaders(reply, { 'retry-after': '1' }) : reply;
  }
  if (faultOf(met, 'server-error') !== undefined) {
    return text('unexpected exception: java.lang.IllegalStateException: fault server-error', 500);
  }
  return undefined;
}

/** The reply that is sent after the work, as the faults change it. */
export const spoiledReply = (reply: Reply, met: readonly Fault[]): Reply =>
  faultOf(met, 'garbled-response') === undefined ? reply : page(200, 'Welcome to this network');

function afterEndpoint(url: string): string | undefined {
  return /^\/skaha\/v[01]\/[a-z]+\/([^?]+)/.exec(url)?.[1];
}
