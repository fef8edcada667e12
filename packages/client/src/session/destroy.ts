import { sameStatus } from '@skaha/wire/status.js';
import { isEmpty } from '../client/body.js';
import type { ClientCore } from '../client/core.js';
import { collect, type Outcome, settleMany } from '../client/many.js';
import type { CallOptions } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { isSkahaError, SkahaError, ValidationError } from '../errors/index.js';
import { sessionNotFound } from '../hooks/errors.js';
import type { SessionInfo } from '../models/session.js';
import { isForeign } from '../transport/foreign.js';
import { listSessions } from './list.js';
import { readDescription, readInfo } from './read.js';
import { snapshot } from './snapshot.js';
import type {
  DestroyedSession,
  DestroyOptions,
  DestroyWithOptions,
  DestroyWithResult,
  SessionSelection,
} from './types.js';

/**
 * Deletes sessions. See `Session.destroy`.
 *
 * @param core - shared by the client's parts
 * @param ids - which sessions
 * @param options - signal and timeout
 */
export async function destroySessions(
  core: ClientCore,
  ids: readonly string[],
  options: DestroyOptions,
): Promise<DestroyedSession[]> {
  checkIds(ids);
  if (ids.length === 0) return [];
  // Servers answer 200 for any id, so only a look before it shows whether there is something.
  const known = await lookUp(core, ids, options);
  return destroyKnown(core, ids, (id) => known.get(id)?.name, options);
}

async function lookUp(core: ClientCore, ids: readonly string[], options: CallOptions) {
  const { signal, timeoutMs } = options;
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) {
    return new Map([[only, await readInfo(core, only, options)]]);
  }
  return snapshot(await listSessions(core, { signal, timeoutMs }), ids);
}

async function destroyKnown(
  core: ClientCore,
  ids: readonly string[],
  nameOf: (id: string) => string | undefined,
  options: DestroyOptions,
): Promise<DestroyedSession[]> {
  const outcomes: Outcome<DestroyedSession>[] = await settleMany(
    core,
    ids,
    options,
    async (id, _index, signal) => {
      const name = nameOf(id);
      if (name === undefined) throw sessionNotFound(id);
      const { timeoutMs } = options;
      await deleteOne(core, { path: ['session', id], id }, { timeoutMs, signal });
      const session = { id, name };
      core.callBack('onDestroyed', () => options.onDestroyed?.(session), { id });
      return session;
    },
  );
  return collect(ids, outcomes, { verb: 'delete', name: (id) => id, isWrite: true });
}

/** What is deleted: a session, or an app on one. */
export interface Deletion {
  path: readonly string[];
  /** For errors. */
  id: string;
}

/**
 * Deletes what was there a moment ago, and makes sure of it: only an empty 200 and the platform's
 * own words that it is not there mean that it is gone. After any other answer it is looked for.
 *
 * @param core - shared by the client's parts
 * @param target - what to delete
 * @param options - signal and timeout
 * @throws {SkahaError} that of the answer, when it is still there or may be
 */
export async function deleteOne(
  core: ClientCore,
  target: Deletion,
  { signal, timeoutMs }: CallOptions,
): Promise<void> {
  const call = { signal, timeoutMs };
  const accept = 'text/plain';
  try {
    await core.request({ ...target, ...call, method: 'DELETE', accept, isExpected: isEmpty });
  } catch (error) {
    if (isSkahaError(error, 'session.not_found')) return;
    if (!(error instanceof SkahaError) || !isForeign(error)) throw error;
    if (await isThere(core, target, call, error)) throw notDeleted(target.id, error);
  }
}

/** @throws the error of the deletion when that cannot be found out */
async function isThere(
  core: ClientCore,
  target: Deletion,
  call: CallOptions,
  deletion: SkahaError,
): Promise<boolean> {
  try {
    return (await readDescription(core, target, call)).status !== 'Terminating';
  } catch (error) {
    if (isSkahaError(error, 'session.not_found')) return false;
    throw isSkahaError(error, 'request.aborted') ? error : notDeleted(target.id, deletion);
  }
}

function notDeleted(id: string, error: SkahaError): SkahaError {
  const { status, serverMessage, hint, retryable, retryAfterMs, cause } = error;
  return new SkahaError(
    error.code,
    `The session ${id} may still be there: its deletion was not confirmed. ${error.message}`,
    { id, status, serverMessage, hint, retryable, retryAfterMs, cause },
  );
}

/**
 * Deletes the sessions that match. See `Session.destroyWith`.
 *
 * @param core - shared by the client's parts
 * @param options - which sessions, and whether only to find them
 */
export async function destroyMatching(
  core: ClientCore,
  options: DestroyWithOptions,
): Promise<DestroyWithResult> {
  const matches = matcher(options);
  const { kind, status, signal, timeoutMs } = options;
  const listed = await listSessions(core, { kind, status, signal, timeoutMs });
  const matched = listed.filter(
    (session) =>
      session.id !== '' &&
      matches(session) &&
      (status === undefined || sameStatus(session.status, status)),
  );
  if (options.dryRun === true) return { matched, destroyed: [] };
  const names = new Map(matched.map(({ id, name }) => [id, name]));
  const destroyed = await destroyKnown(core, [...names.keys()], (id) => names.get(id), options);
  return { matched, destroyed };
}

function matcher({ prefix, pattern, all }: SessionSelection): (session: SessionInfo) => boolean {
  const given = [prefix, pattern, all].filter((selector) => selector !== undefined).length;
  if (given !== 1) {
    throw new ValidationError([
      { path: 'prefix', message: 'Give exactly one of prefix, pattern and all.' },
    ]);
  }
  if (prefix !== undefined) {
    if (prefix === '') {
      throw new ValidationError(
        [{ path: 'prefix', message: 'An empty prefix would match every session.' }],
        'To delete all of them, say so with `all: true`.',
      );
    }
    // The platform stores names in lower case.
    const start = prefix.toLowerCase();
    return ({ name }) => name.startsWith(start);
  }
  if (pattern !== undefined) {
    // Without these flags a test does not depend on the one before.
    const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return ({ name }) => stateless.test(name);
  }
  if (all !== true) {
    throw new ValidationError([{ path: 'all', message: 'The option all can only be true.' }]);
  }
  return () => true;
}
