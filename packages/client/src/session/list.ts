import { launchKeyHeader, launchParameter } from '@skaha/wire/launch-keys.js';
import { sameStatus } from '@skaha/wire/status.js';
import { isJson } from '../client/body.js';
import type { ClientCore } from '../client/core.js';
import { SkahaError } from '../errors/index.js';
import {
  type PublicSession,
  readPublicSession,
  readSession,
  type SessionInfo,
} from '../models/session.js';
import type { FetchOptions } from './types.js';

/**
 * Lists the user's sessions.
 *
 * @param core - shared by the client's parts
 * @param options - filters
 */
export async function listSessions(
  core: ClientCore,
  options: FetchOptions = {},
): Promise<SessionInfo[]> {
  const { kind, status, view, first, signal, timeoutMs } = options;
  const limit = first === undefined ? undefined : String(first);
  const { version } = await core.connection();
  const reply = await core.request({
    method: 'GET',
    path: ['session'],
    query: { type: kind, status: wireStatus(status, version), view, limit },
    isExpected: isList,
    signal,
    timeoutMs,
  });
  return sessionArray(reply.json()).map(readSession);
}

/**
 * Lists the sessions of one launch, where the platform remembers what it was called.
 *
 * @throws {SkahaError} `response.invalid` when it does not
 */
export async function listLaunched(
  core: ClientCore,
  launch: string,
  signal: AbortSignal,
): Promise<SessionInfo[]> {
  const reply = await core.request({
    method: 'GET',
    path: ['session'],
    query: { [launchParameter]: launch },
    isExpected: isList,
    signal,
  });
  if (reply.header(launchKeyHeader) === launch)
    return sessionArray(reply.json()).map((one) => readSession(one));
  throw new SkahaError('response.invalid', 'The server did not look for the launch.', {
    hint: 'Check the address of the server: another service may answer there.',
  });
}

/** Lists everybody's sessions, with the little that is public about them. */
export async function listPublicSessions(
  core: ClientCore,
  options: Omit<FetchOptions, 'first' | 'view'> = {},
): Promise<PublicSession[]> {
  const { kind, status, signal, timeoutMs } = options;
  const { version } = await core.connection();
  const reply = await core.request({
    method: 'GET',
    path: ['session'],
    query: { type: kind, status: wireStatus(status, version), view: 'all' },
    isExpected: isList,
    signal,
    timeoutMs,
  });
  return sessionArray(reply.json()).map(readPublicSession);
}

const isList = isJson(Array.isArray);

/** Servers before v1 call a completed session succeeded; a word they do not know matches nothing. */
function wireStatus(status: string | undefined, version: string): string | undefined {
  if (status === undefined || !sameStatus(status, 'Completed')) return status;
  return version === 'v0' ? 'Succeeded' : 'Completed';
}

function sessionArray(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new SkahaError('response.invalid', 'The server did not answer with a list of sessions.', {
    hint: 'Check the address of the server: another service may answer there.',
  });
}
