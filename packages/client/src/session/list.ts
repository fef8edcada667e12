import { isList } from '@skaha/base/record.js';
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
  return (await fetchList(core, options)).map(readSession);
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
    isExpected: isJson(isList),
    signal,
  });
  const sessions = reply.json();
  if (reply.header(launchKeyHeader) === launch && isList(sessions))
    return sessions.map(readSession);
  throw new SkahaError('response.invalid', 'The server did not look for the launch.', {
    hint: 'Check the address of the server: another service may answer there.',
  });
}

/** Lists everybody's sessions, with the little that is public about them. */
export async function listPublicSessions(
  core: ClientCore,
  options: Omit<FetchOptions, 'first' | 'view'> = {},
): Promise<PublicSession[]> {
  return (await fetchList(core, { ...options, view: 'all' })).map(readPublicSession);
}

async function fetchList(
  core: ClientCore,
  options: Omit<FetchOptions, 'view'> & { view?: string | undefined },
): Promise<unknown[]> {
  const { kind, status, view, first, signal, timeoutMs } = options;
  const limit = first === undefined ? undefined : String(first);
  const { version } = await core.connection();
  const query = { type: kind, status: wireStatus(status, version), view, limit };
  return core.requestJson({ method: 'GET', path: ['session'], query, signal, timeoutMs }, isList);
}

/** Servers before v1 call a completed session succeeded; a word they do not know matches nothing. */
function wireStatus(status: string | undefined, version: string): string | undefined {
  if (status === undefined || !sameStatus(status, 'Completed')) return status;
  return version === 'v0' ? 'Succeeded' : 'Completed';
}
