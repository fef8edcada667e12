import type { QuantityLimits } from '../../config/settings.js';
import { compact, type Reply } from '../reply.js';
import type { Site } from '../site.js';

const inServerOrder = (quantity: QuantityLimits) => ({
  default: quantity.default,
  defaultLimit: quantity.defaultLimit,
  options: quantity.options,
  defaultRequest: quantity.defaultRequest,
});

/** `GET /context` (Skaha API, 4.1). */
export function contextReply({ settings }: Site): Reply {
  const { limits } = settings;
  const most = limits.maxInteractiveSessions;
  return compact({
    cores: inServerOrder(limits.cores),
    gpus: { options: limits.gpus },
    memoryGB: inServerOrder(limits.memoryGiB),
    maxInteractiveSessions: limits.maxInteractiveSessionsAsText ? String(most) : most,
  });
}
