import type { ClientCore } from '../client/core.js';
import type { CallOptions } from '../client/options.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { parseEvents } from '../models/events.js';
import { isRecord, readSession, type SessionInfo } from '../models/session.js';
import { hasChanged } from './snapshot.js';
import type { RenewedSession, SessionEvents, SessionLog } from './types.js';

/** Longest log that is read at once, in bytes: its text must fit into one string. */
const maximumLogBytes = 511 * 2 ** 20;

/** Reads one session's description. */
export async function readInfo(
  core: ClientCore,
  id: string,
  { signal, timeoutMs }: CallOptions,
): Promise<SessionInfo> {
  const reply = await core.request({ method: 'GET', path: ['session', id], id, signal, timeoutMs });
  const session = reply.json();
  if (!isRecord(session)) {
    throw new SkahaError('response.invalid', `The server did not describe the session ${id}.`, {
      status: reply.status,
      id,
      hint: 'Check the address of the server: another service may answer there.',
    });
  }
  return readSession(session);
}

/** Reads a log's bytes; empty for a session that does not exist. */
export async function readLog(
  core: ClientCore,
  id: string,
  { signal, timeoutMs }: CallOptions,
): Promise<Uint8Array> {
  const reply = await core.request({
    ...logRequest(id),
    maximumBytes: maximumLogBytes,
    tooLongHint:
      'Read it piece by piece: with sessions.streamLog(), or with  skaha logs ID > FILE.',
    signal,
    timeoutMs,
  });
  return reply.bytes;
}

const logRequest = (id: string) =>
  ({
    method: 'GET',
    path: ['session', id],
    query: { view: 'logs' },
    accept: 'text/plain',
    id,
  }) as const;

/**
 * Reads a log of any length, piece by piece. Where the connection breaks it is read again, and what
 * was given out already is passed over: a log only grows.
 *
 * @returns its length in bytes
 */
export async function streamLog(
  core: ClientCore,
  id: string,
  write: (piece: Uint8Array) => void | Promise<void>,
  options: CallOptions,
): Promise<number> {
  let given = 0;
  const { signal, timeoutMs } = options;
  const sink = async (piece: Uint8Array, at: number) => {
    const fresh = piece.subarray(Math.max(0, given - at));
    if (at + piece.length <= given) return;
    given = at + piece.length;
    await write(fresh);
  };
  await core.request({ ...logRequest(id), sink, signal, timeoutMs });
  if (given === 0) await readInfo(core, id, options);
  return given;
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

/** Puts off the end of one session, and tells what came of it. */
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
