import { isFinished } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { checkIds } from '../client/url.js';
import { sessionNotFound } from '../hooks/errors.js';
import { listSessions } from './list.js';
import { poll } from './poll.js';
import { changesBetween, type Snapshot, snapshot } from './snapshot.js';
import type { PollOptions, SessionChange } from './types.js';

/**
 * Watches sessions. See `Session.watch`.
 *
 * @param core - shared by the client's parts
 * @param ids - which sessions; all of the user's when left out
 * @param options - interval and signal
 */
export async function* watchSessions(
  core: ClientCore,
  ids: readonly string[] | undefined,
  options: PollOptions,
): AsyncGenerator<SessionChange, void> {
  checkIds(ids ?? []);
  if (ids?.length === 0) return;
  let before: Snapshot = new Map();
  let isFirst = true;
  const snapshots = poll(core, options, async (signal) =>
    snapshot(await listSessions(core, { signal }), ids),
  );
  for await (const after of snapshots) {
    const missing = isFirst ? ids?.find((id) => !after.has(id)) : undefined;
    if (missing !== undefined) {
      throw sessionNotFound(missing);
    }
    yield* changesBetween(before, after);
    isFirst = false;
    before = after;
    if (ids?.every((id) => isOver(after, id))) return;
  }
}

const isOver = (state: Snapshot, id: string) => {
  const session = state.get(id);
  return session === undefined || isFinished(session.status);
};
