import { usageError } from '../../usage.js';

/** The registry of the platform that most users are on. */
export const usualHost = 'images.canfar.net';

/**
 * Checks the host of an image registry.
 *
 * @param host - as the user wrote it
 * @throws {SkahaError} `command.usage`
 */
export function registryHost(host: string | undefined): string {
  const name = (host ?? usualHost)
    .replace(/^https?:\/\//, '')
    .replace(/(?<!\/)\/+$/, '')
    .toLowerCase();
  if (/^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/.test(name)) return name;
  throw usageError(
    'The registry must be a host name, with a port if needed.',
    `For example: ${usualHost}`,
  );
}
