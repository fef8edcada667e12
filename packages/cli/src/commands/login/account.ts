import { systemClock } from '@skaha/base/clock.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { AccountOptions } from 'skaha/account';
import type { Deps } from '../../deps.js';

/** Shows a warning to people. */
export const warn = (io: Io, warning: string): void =>
  note(io, `${io.errStyle('yellow', 'Warning:')} ${plain(warning)}`);

/**
 * The options of every call about logins and servers, as this command line says them.
 *
 * @param io - variables, signal, and where warnings go
 * @param deps - common options and clock
 */
export function accountOptions(io: Io, { globals, clock, logger }: Deps): AccountOptions {
  return {
    config: globals.config,
    ca: globals.ca,
    environment: io.env,
    timeoutMs: globals.timeoutMs,
    signal: io.signal,
    logger,
    // The usual clock goes unnamed: waiting then has a measure of its own, which cannot jump.
    clock: clock === systemClock ? undefined : clock,
    onWarning: (warning) => warn(io, warning),
  };
}

const overriding = [
  'SKAHA_TOKEN',
  'SKAHA_CERTIFICATE',
  'CANFAR_TOKEN',
  'CANFAR_CERTIFICATE',
] as const;

/**
 * Warns when a variable outranks the choice that was just made.
 *
 * @param io - variables, and where the warning goes
 * @param context - that is active now
 */
export function warnOfVariables(io: Io, context: string | undefined): void {
  const named = io.env['SKAHA_CONTEXT']?.trim() ?? '';
  if (named !== '' && named !== context) {
    warn(io, `SKAHA_CONTEXT is set and names '${named}', which comes first.`);
  }
  const set = overriding.find((name) => (io.env[name]?.trim() ?? '') !== '');
  if (set !== undefined) warn(io, `${set} is set, which comes first.`);
}
