/**
 * Every code an error of this library can carry. Programs branch on these:
 * messages may change in any release, codes may not.
 */
export const errorCodes = [
  'authentication.credential_invalid',
  'authentication.credential_missing',
  'authentication.denied',
  'authentication.expired',
  'authentication.provider_invalid',
  'authentication.required',
  'client.closed',
  'command.cancelled',
  'command.usage',
  'command.validation_failed',
  'config.invalid',
  'config.unwritable',
  'internal',
  'partial.failure',
  'platform.already_running',
  'platform.not_installed',
  'platform.not_running',
  'platform.port_in_use',
  'platform.start_failed',
  'platform.storage',
  'quota.exceeded',
  'request.aborted',
  'request.invalid',
  'request.rejected',
  'response.invalid',
  'response.redirect',
  'server.discovery_failed',
  'server.error',
  'server.none_available',
  'server.not_found',
  'server.required',
  'server.unavailable',
  'session.failed',
  'session.not_found',
  'session.not_ready',
  'session.outcome_unknown',
  'transport.failure',
  'transport.timeout',
  'wait.timeout',
] as const;

/** A stable, dotted name for one kind of failure. */
export type ErrorCode = (typeof errorCodes)[number];
