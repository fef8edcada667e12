import { type Io, note } from '../../io.js';
import { fields } from '../../output/table.js';
import type { PlatformDescription } from './module.js';

/** A platform for programs; the names of its fields are a promise. */
export function platformDocument(platform: PlatformDescription, context: string | null) {
  const { url, ca, certificate, token, tokenFile, user, home, data, pid, port } = platform;
  const { passwordFile, issuer, registry } = platform;
  return {
    ...{ url, context, ca, certificate, token, tokenFile, user, home, data, pid, port },
    ...{ passwordFile: passwordFile ?? null, issuer, registry },
  };
}

/** A platform for people. The token stays in its file, because screens are shared. */
export const platformFields = (
  io: Io,
  platform: PlatformDescription,
  more: readonly (readonly [string, string | undefined])[] = [],
): string =>
  fields(io, [
    ['URL', platform.url],
    ...more,
    ['User', platform.user],
    ['Home', platform.home],
    ['Token', platform.tokenFile],
    ['Password', platform.passwordFile],
    ['Certificate', platform.certificate],
    ['CA', platform.ca],
    ['Data', platform.data],
    ['Process', String(platform.pid)],
  ]);

/** Says that nothing is running. */
export const noteNotRunning = (io: Io): void => note(io, 'No platform is running.');
