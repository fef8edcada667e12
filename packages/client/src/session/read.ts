import { parseRecord } from '@skaha/base/json.js';
import { isRecord } from '@skaha/base/record.js';
import type { ClientCore } from '../client/core.js';
import type { CallOptions } from '../client/options.js';
import type { ClientResponse } from '../client/request.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { parseEvents } from '../models/events.js';
import { readSession, type SessionInfo } from '../models/session.js';
import { type PlatformStats, readStats } from '../models/stats.js';
import { isForeign } from '../transport/foreign.js';
import { hasChanged } from './snapshot.js';
import type { RenewedSession, SessionEvents, SessionLog } from './types.js';

/** Longest log that is read at once, in bytes: its text must fit into one string. */
const maximumLogBytes = 511 * 2 ** 20;

/** Whether a value describes a session, or an app; gateways answer with documents of their own. */
const isSession = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) && typeof value['id'] === 'string' && value['id'] !== '';

/** Whether a reply is text, and no document of a gateway in its place. */
export function isText({ status, header, text }: ClientResponse): boolean {
  // A server that answers with 202 or 204 has read no log.
  if (status !== 200 && status !== 206) return false;
  if (!/^application\/(?:[\w.+-]+\+)?json/i.test(header('content-type') ?? '')) return true;
  if (header('x-vo-authenticated') !== undefined) return true;
  return parseRecord(text()) === undefined;
}

/**
 * Reads the description of a session or an app.
 *
 * @param target - its path and id
 * @param headers - what else is sent
 */
export async function readDescription(
  core: ClientCore,
  target: { path: readonly string[]; id: string },
  { signal, timeoutMs }: CallOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<SessionInfo> {
  return readSession(
    await core.requestJson({ ...target, method: 'GET', headers, signal, timeoutMs }, isSession),
  );
}

/**
 * Reads the description of one session.
 *
 * @param headers - what else is sent
 */
export const readInfo = (
  core: ClientCore,
  id: string,
  options: CallOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<SessionInfo> => readDescription(core, { path: ['session', id], id }, options, headers);

/** Asks for a log; the answer is empty for a session that does not exist. */
export const logRequest = (id: string) =>
  ({
    method: 'GET',
    path: ['session', id],
    query: { view: 'logs' },
    accept: 'text/plain',
    maximumBytes: maximumLogBytes,
    tooLongHint:
      "Read it piece by piece: with sessions.streamLog(), or with 'skaha logs ID > FILE'.",
    isExpected: isText,
    id,
  }) as const;

/** Reads a log's bytes; empty for a session that does not exist. */
export async function readLog(
  core: ClientCore,
  id: string,
  { signal, timeoutMs }: CallOptions,
): Promise<Uint8Array> {
  return (await core.request({ ...logRequest(id), signal, timeoutMs })).bytes;
}

/** Reads a log, and makes sure that an empty one belongs to a session. */
export async function readSessionLog(
  core: ClientCore,
  id: string,
  options: CallOptions,
): Promise<SessionLog> {
  const bytes = await readLog(core, id, options);
  if (bytes.length === 0) await readInfo(core, id, options);
  return { id, text: new TextDecoder().decode(bytes), bytes };
}

/** Reads the events of one session; none for a session that still waits in a queue. */
export async function readEvents(
  core: ClientCore,
  id: string,
  options: CallOptions,
): Promise<SessionEvents> {
  const { signal, timeoutMs } = options;
  try {
    const reply = await core.request({
      method: 'GET',
      path: ['session', id],
      query: { view: 'events' },
      accept: 'text/plain',
      isExpected: isText,
      id,
      signal,
      timeoutMs,
    });
    const raw = reply.text();
    return { id, events: parseEvents(raw), raw };
  } catch (error) {
    if (!isSkahaError(error, 'session.not_found')) throw error;
    // The same reply stands for a session without a container yet: ask whether it exists.
    await readInfo(core, id, options);
    return { id, events: [], raw: '' };
  }
}

/** Renews one session, and says what its expiry became. */
export async function renewSession(
  core: ClientCore,
  id: string,
  options: CallOptions,
): Promise<RenewedSession> {
  const { signal, timeoutMs } = options;
  const before = await readInfo(core, id, options);
  await core.request({
    method: 'POST',
    path: ['session', id],
    form: [['action', 'renew']],
    accept: 'text/plain',
    // Asking twice does no more than asking once.
    retry: 'always',
    id,
    signal,
    timeoutMs,
  });
  const after = await readInfo(core, id, options);
  return {
    id,
    name: after.name,
    before: before.expiryTime,
    after: after.expiryTime,
    changed: hasChanged(before, { ...before, expiryTime: after.expiryTime }),
  };
}

/** Reads the load of the platform. */
export async function readLoad(
  core: ClientCore,
  { signal, timeoutMs }: CallOptions,
): Promise<PlatformStats> {
  try {
    const request = { method: 'GET', path: ['session'], query: { view: 'stats' } } as const;
    // 503 means here that no figures exist; asking again does not help (Skaha API 4.2).
    const call = { ...request, signal, timeoutMs, retryUnavailable: false };
    return readStats(await core.requestJson(call, isRecord));
  } catch (error) {
    if (!isSkahaError(error, 'server.unavailable') || isForeign(error)) throw error;
    const { status, serverMessage, retryAfterMs, hint, retryable } = error;
    const message =
      'The load of the platform is not known at the moment: its metrics cannot be read.';
    const facts = { status, serverMessage, retryAfterMs, hint, retryable, cause: error };
    throw new SkahaError('server.unavailable', message, facts);
  }
}
