import { isFinished } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { checkIds } from '../client/url.js';
import { isSkahaError } from '../errors/index.js';
import { type SessionEvent, sortEvents } from '../models/events.js';
import { poll } from './poll.js';
import { readEvents, readInfo } from './read.js';
import type { PollOptions, SessionEvents } from './types.js';

/** The events of a session at one moment. */
interface CurrentEvents extends SessionEvents {
  isOver: boolean;
}

/**
 * Follows the events of a session. See `Session.followEvents`.
 *
 * @param core - shared by the client's parts
 * @param id - which session
 * @param options - interval and signal
 */
export async function* followEvents(
  core: ClientCore,
  id: string,
  options: PollOptions,
): AsyncGenerator<SessionEvents, void> {
  checkIds([id], 'id');
  const seen = new Seen();
  let isFirst = true;
  const readings = poll(core, options, async (signal): Promise<CurrentEvents> => {
    try {
      return await readCurrent(core, id, signal);
    } catch (error) {
      if (isFirst || !isSkahaError(error, 'session.not_found')) throw error;
      // It was there a moment ago, and has been deleted.
      return { id, events: [], raw: '', isOver: true };
    }
  });
  for await (const { isOver, ...current } of readings) {
    isFirst = false;
    const fresh = seen.added(current);
    if (fresh.events.length > 0 || fresh.raw !== '') yield fresh;
    if (isOver) return;
  }
}

/** The state is asked for first: events read after the end are complete. */
async function readCurrent(
  core: ClientCore,
  id: string,
  signal: AbortSignal,
): Promise<CurrentEvents> {
  const { status } = await readInfo(core, id, { signal });
  return { ...(await readEvents(core, id, { signal })), isOver: isFinished(status) };
}

/** What has been returned already. */
class Seen {
  readonly #lines = new Set<string>();
  /** The last time of each event: one that is repeated changes nothing else. */
  readonly #times = new Map<string, number | undefined>();

  added({ id, events, raw }: SessionEvents): SessionEvents {
    const lines = raw.split(/\r?\n/).filter((line) => line.trim() !== '');
    const fresh = lines.filter((line) => !this.#lines.has(line));
    for (const line of fresh) this.#lines.add(line);
    return {
      id,
      events: sortEvents(events).filter((event) => this.#isNew(event)),
      raw: fresh.map((line) => `${line}\n`).join(''),
    };
  }

  #isNew({ lastTime, ...event }: SessionEvent): boolean {
    const key = JSON.stringify(event);
    const time = lastTime?.getTime();
    if (this.#times.has(key) && this.#times.get(key) === time) return false;
    this.#times.set(key, time);
    return true;
  }
}
