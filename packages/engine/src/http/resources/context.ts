import { compact, type Reply } from '@skaha/service/reply.js';
import type { QuantityLimits } from '../../settings.js';
import { type Call, limitsOf } from '../site.js';

const inServerOrder = (quantity: QuantityLimits) => ({
  default: quantity.default,
  defaultLimit: quantity.defaultLimit,
  options: quantity.options,
  defaultRequest: quantity.defaultRequest,
});

/** `GET /context` (Skaha API, 4.1). */
export function contextReply({ site, api }: Call): Reply {
  const { oddities } = site.settings;
  const limits = limitsOf(site);
  const most = limits.maxInteractiveSessions;
  const asText = oddities.has('limit-as-text');
  return compact({
    cores: inServerOrder(limits.cores),
    gpus: { options: limits.gpus },
    memoryGB: inServerOrder(limits.memoryGiB),
    // Servers at the time of v0 did not report the limit.
    ...(api === 'v0' ? {} : { maxInteractiveSessions: asText ? String(most) : most }),
  });
}
