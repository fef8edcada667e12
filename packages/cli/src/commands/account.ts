import { systemClock } from '@skaha/base/clock.js';
import { parseServerUrl } from '@skaha/base/server-url.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { usageError } from '@skaha/terminal/usage.js';
import {
  type AccountOptions,
  type Activation,
  type DiscoveredServers,
  type DiscoverServersOptions,
  discoverServers,
} from 'skaha/account';
import { warn } from '../configuration/configuration.js';
import type { Deps } from '../environment/deps.js';

/** The options of every call about logins and servers, as this command line says them. */
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

/** Looks for the servers of an identity provider, and shows on a terminal that it does. */
export function findServers(
  io: Io,
  deps: Deps,
  text: string,
  search: Pick<DiscoverServersOptions, 'dev' | 'provider' | 'save'>,
): Promise<DiscoveredServers> {
  const progress = createProgress(io);
  progress.show(text);
  return discoverServers({ ...accountOptions(io, deps), ...search }).finally(progress.clear);
}

const overriding = ['SKAHA_TOKEN', 'SKAHA_CERTIFICATE', 'CANFAR_TOKEN', 'CANFAR_CERTIFICATE'];

/** Warns when a variable outranks the choice that was just made. */
export function warnOfVariables(io: Io, context: string | undefined): void {
  const named = io.env['SKAHA_CONTEXT']?.trim() ?? '';
  if (named !== '' && named !== context) {
    warn(io, `SKAHA_CONTEXT is set to '${named}', which takes precedence.`);
  }
  const set = overriding.find((name) => (io.env[name]?.trim() ?? '') !== '');
  if (set !== undefined) warn(io, `${set} is set, which takes precedence.`);
}

const reasons: Partial<Record<Activation['reason'], string>> = {
  remembered: ', as last time',
  single: ', the only one',
};

/** Says which login is used at which server from now on. */
export function noteActive(io: Io, { context, credential, server, reason }: Activation): void {
  const why = reasons[reason] ?? '';
  note(io, `Context '${context}' is active: ${credential} at ${server.name}${why}.`);
  warnOfVariables(io, context);
}

/**
 * Reads the address of a server that is added by hand.
 *
 * @throws {UsageError} `command.usage`
 */
export function serverAddress(url: string | undefined) {
  const hint = 'Give it like  --url https://ws-uv.canfar.net/skaha';
  if (url === undefined) throw usageError('The address of the server is missing.', hint);
  const address = parseServerUrl(url);
  if (address?.secure === true) return { url: address.root, version: address.version ?? 'v1' };
  throw usageError(
    'The address of the server must be an https URL without user, query or fragment.',
    hint,
  );
}
