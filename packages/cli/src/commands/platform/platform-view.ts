import { type Io, note } from '@skaha/terminal/io.js';
import { fields } from '@skaha/terminal/output/table.js';
import type { PlatformDescription } from './module.js';

/** A platform for programs; the names of its fields are a promise. */
export function platformDocument(platform: PlatformDescription, context: string | null) {
  const { url, ca, certificate, token, tokenFile, user, home, data, pid, port } = platform;
  const { passwordFile, issuer, registry, runner } = platform;
  return {
    ...{ url, context, ca, certificate, token, tokenFile, user, home, data, pid, port },
    ...{ passwordFile: passwordFile ?? null, issuer, registry },
    runner: runner ?? null,
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
    ['Runner', platform.runner?.name],
    ['Process', String(platform.pid)],
  ]);

/** Says what keeps sessions apart, so that nobody trusts in more than there is. */
export function noteRunner(io: Io, { runner, notices = [] }: PlatformDescription): void {
  for (const notice of notices) note(io, notice);
  if (runner === undefined) return;
  const { notice, lacks } = runner;
  if (notice !== undefined) note(io, notice);
  if (lacks.length > 0)
    note(io, `What the ${runner.name} runner does not hold: ${lacks.join('; ')}.`);
}

/** Says that nothing is running. */
export const noteNotRunning = (io: Io): void => note(io, 'No platform is running.');
