import { type Io, note } from '@skaha/terminal/io.js';
import { renderPaged } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { plain, short } from '@skaha/terminal/output/text.js';
import { relative, shortDuration, utc } from '@skaha/terminal/output/time.js';
import { isFinished, type SessionInfo, type SkahaClient } from 'skaha';
import type { Run } from '../../command.js';
import { showOutcome } from '../../output/outcome.js';
import type { infoCommand } from './definitions.js';
import { endingsOf } from './endings.js';
import { attempt, chooseSessions } from './select.js';
import { isPending, type SessionEnding, sessionDocument, statusInk } from './view.js';

const time = (value: Date | undefined, now: number): string | undefined =>
  value === undefined ? undefined : `${utc(value)} (${relative(value, now)})`;

const isPast = ({ expiryTime }: SessionInfo, now: number): boolean =>
  expiryTime !== undefined && expiryTime.getTime() <= now;

function expiry(session: SessionInfo, now: number): string | undefined {
  const { expiryTime, status } = session;
  if (expiryTime === undefined || isFinished(status)) return undefined;
  const words = `${isPast(session, now) ? 'expired ' : ''}${relative(expiryTime, now)}`;
  return `${utc(expiryTime)} (${words})`;
}

function status(io: Io, session: SessionInfo, now: number): string {
  const ink = statusInk(session.status);
  const word = plain(session.status || 'unknown');
  const shown = ink === undefined ? word : io.style(ink, word);
  const isOverdue = /^Failed\b/.test(session.status) && isPast(session, now);
  return isOverdue ? `${shown} (its lifetime has elapsed)` : shown;
}

function usage(used: number | undefined, requested: number | undefined, unit: string) {
  if (used === undefined && requested === undefined) return undefined;
  if (requested === undefined) return `${short(used ?? 0)} ${unit} in use`;
  if (used === undefined || requested === 0) return `${requested} ${unit}`;
  return `${short(used)} of ${requested} ${unit} (${Math.round((used / requested) * 100)}%)`;
}

function sessionDetails(io: Io, session: SessionInfo, now: number, end?: SessionEnding): string {
  const { requested, startTime, used, fixedResources: isFixed } = session;
  const text = (value: string | null | undefined) => plain(value ?? '');
  const ended = end?.endTime ? new Date(end.endTime) : undefined;
  return fields(io, [
    ['Session', session.id],
    ['Name', text(session.name)],
    ['Kind', text(session.kind)],
    ['Status', status(io, session, now)],
    ['Image', text(session.image)],
    // A session that waits has a time, too: when it was accepted.
    [isPending(session) ? 'Waiting since' : 'Started', time(startTime, now)],
    ['Ended', time(ended, now)],
    ['Took', ended && startTime && shortDuration(ended.getTime() - startTime.getTime())],
    ['Exit status', end?.exitStatus?.toString()],
    ['Reason', text(end?.reason)],
    ['Expires', expiry(session, now)],
    ['URL', text(session.connectUrl)],
    ['Resources', isFixed === undefined ? isFixed : isFixed ? 'fixed' : 'flexible'],
    ['Cores', usage(used.cores, requested.cores, requested.cores === 1 ? 'core' : 'cores')],
    ['Memory', usage(used.memoryGiB, requested.memoryGiB, 'GiB')],
    ['GPUs', requested.gpus?.toString()],
    ['GPU load', used.gpuUtilization === undefined ? undefined : `${used.gpuUtilization}%`],
    ['GPU memory', text(used.gpuMemory)],
    ['User', text(session.userId)],
    ['User ID', session.uid?.toString()],
    ['Group ID', session.gid?.toString()],
    ['Groups', session.supplementalGroups.join(' ')],
    ['App', text(session.appId)],
  ]);
}

/** Why those that have not started wait; it stands where the others have why they ended. */
async function waitsOf(
  client: SkahaClient,
  sessions: readonly SessionInfo[],
  { signal }: Io,
): Promise<[id: string, SessionEnding][]> {
  const pending = sessions.filter(isPending).map(({ id }) => id);
  if (pending.length === 0) return [];
  const { reasonWords } = await import('./waiting.js');
  const reasons = await client.sessions.reasons(pending, { signal });
  const noEnd = { endTime: null, exitStatus: null };
  return [...reasons].map(([id, reason]) => [id, { ...noEnd, reason: reasonWords(reason) }]);
}

export const runInfo: Run<typeof infoCommand> = async (io, deps, options) => {
  const client = await deps.client();
  const selection = await chooseSessions(io, deps, 'info', options);
  const outcome = await attempt(selection, (ids) =>
    client.sessions.info(ids, { signal: io.signal }),
  );
  await showOutcome(outcome, 'show', async () => {
    const { done } = outcome;
    const ends = new Map<string, SessionEnding>([
      ...(await endingsOf(deps, done, io)),
      ...(await waitsOf(client, done, io)),
    ]);
    const now = deps.now();
    await renderPaged(io, {
      data: done.map((session) => sessionDocument(session, ends.get(session.id))),
      table: () =>
        done.map((session) => sessionDetails(io, session, now, ends.get(session.id))).join('\n'),
      names: () => done.map(({ id }) => id),
    });
    if (deps.globals.logLevel === 'debug')
      for (const { id, anomalies } of done)
        for (const anomaly of anomalies) note(io, `Session response of ${id}: ${anomaly}`);
  });
};
