import { withDeadline } from '@skaha/base/signals.js';
import type { ClientCore } from '../client/core.js';
import { SkahaError } from '../errors/index.js';
import type { SessionInfo } from '../models/session.js';
import { ForeignAnswer } from '../transport/foreign.js';
import { listLaunched } from './list.js';

/** How long to look for a session whose launch was not confirmed, in milliseconds. */
const searchTime = 15_000;
/** The platform may still be working on the launch: look again after these times. */
const pauses = [0, 500, 1_500, 4_000];
/** Shorter when the caller wants to leave. */
const pausesWhenCancelled = [0, 500];

/** Finds out what became of launches whose reply was lost. */
export interface LostReplies {
  /**
   * @param name - of the session
   * @param cause - how the reply was lost
   * @param key - what the launch was called, where the platform remembers it
   * @returns the id of the one new session of that name
   * @throws {SkahaError} `session.outcome_unknown`, saying what was found
   */
  find(name: string, cause: SkahaError, key?: string): Promise<string>;
}

/**
 * Remembers which sessions exist before a launch, so that a new one is not taken for an old
 * one of the same name.
 *
 * @param core - its known ids are never taken for lost ones
 * @param before - the sessions that existed; undefined when they could not be listed
 * @param list - lists the sessions
 */
export function lostReplies(
  core: ClientCore,
  before: readonly SessionInfo[] | undefined,
  list: (signal: AbortSignal) => Promise<SessionInfo[]>,
): LostReplies {
  const old = new Set(before?.map(({ id }) => id));
  let listing: Promise<SessionInfo[]> | undefined;
  // Many replies are lost at once when a connection breaks: one list serves them all.
  const sharedList = (signal: AbortSignal) => {
    listing ??= list(signal).finally(() => {
      listing = undefined;
    });
    return listing;
  };
  const look = async (name: string, key: string | undefined, signal: AbortSignal) => {
    if (key !== undefined) return await listLaunched(core, key, signal);
    return (await sharedList(signal)).filter(
      (session) =>
        session.name === name.toLowerCase() &&
        !old.has(session.id) &&
        !core.claimed.has(session.id),
    );
  };
  const search = async (name: string, cause: SkahaError, signal: AbortSignal, key?: string) => {
    for (const pause of cause.code === 'request.aborted' ? pausesWhenCancelled : pauses) {
      if (pause > 0) await core.settings.clock.sleep(pause, signal);
      const found = await look(name, key, signal);
      if (found.length > 0) return found;
    }
    return [];
  };
  return {
    // Under a time limit of its own: the caller's signal may be why the reply was lost.
    find: async (name, cause, key) => {
      const found = await withDeadline(core.settings.clock, searchTime, undefined, (signal) =>
        search(name, cause, signal, key),
      ).catch(() => undefined);
      const [only, ...others] = found ?? [];
      const isCertain = before !== undefined || key !== undefined;
      if (isCertain && only !== undefined && others.length === 0) {
        core.claimed.add(only.id);
        return only.id;
      }
      throw unknownOutcome(name, found, cause);
    },
  };
}

function unknownOutcome(
  name: string,
  found: readonly SessionInfo[] | undefined,
  cause: SkahaError,
): SkahaError {
  const ids = found?.map(({ id }) => id).join(', ');
  const facts =
    found === undefined
      ? 'and the sessions could not be listed'
      : found.length === 0
        ? 'and no new session of that name is listed so far'
        : `and it may be one of these sessions with that name: ${ids}`;
  return new SkahaError(
    'session.outcome_unknown',
    `The platform's reply to the launch of ${name} was lost, ${facts}.`,
    { cause, hint: `List your sessions and look for ${name} before you launch it again.` },
  );
}

/**
 * Whether a failed launch may have taken place all the same.
 *
 * @param error - how it failed
 */
export function isOutcomeUnknown(error: SkahaError): boolean {
  if (error.cause instanceof ForeignAnswer) return error.cause.mayHaveReached;
  if (error.code === 'transport.timeout' || error.code === 'request.aborted') return true;
  if (error.code === 'transport.failure') return mayHaveReached(error.cause);
  if (error.code === 'response.invalid') return true;
  return error.status === 502 || error.status === 504;
}

const mayHaveReached = (cause: unknown) =>
  !(cause instanceof Error && 'mayHaveReached' in cause && cause.mayHaveReached === false);
