import type { Recovered, Run, Runner } from '../ports/runner.js';
import type { LifeEvent } from '../sessions/lifecycle.js';
import { isFinished, type SessionRecord } from '../sessions/record.js';
import type { BackgroundTasks } from './background-tasks.js';
import type { RunDescriptions } from './run-descriptions.js';
import { endTime } from './runner-reports.js';
import type { SessionRepository } from './session-repository.js';
import type { UsageMeter } from './usage-meter.js';

/** What the recovery of sessions needs. */
export interface RecoveryOptions {
  readonly runner: Runner;
  readonly stored: SessionRepository;
  readonly runs: RunDescriptions;
  readonly meter: UsageMeter;
  readonly tasks: BackgroundTasks;
  now(): number;
  /** The keys of the ended sessions that are still stored. */
  endedKeys(): Set<string>;
  /** Applies an event to a session; resolves once it is on disk. */
  happen(key: string, event: LifeEvent): Promise<void>;
}

/** Recovers the sessions of an earlier platform in their present state. */
export async function recoverSessions(options: RecoveryOptions): Promise<void> {
  const { runner, stored, runs } = options;
  // There may be very many; looking up each one would take as long as everything else.
  let ended: Set<string> | undefined;
  await runner.tidy((key) => {
    ended ??= options.endedKeys();
    return ended.has(key) || stored.record(key) !== undefined;
  });
  const earlier = stored
    .all()
    .filter(({ life }) => life.phase !== 'queued' && !isFinished(life))
    .map((record) => ({ record, run: runs.of(record) }));
  const found = await runner.recover(
    earlier.map(({ record, run }) => ({ run, wasRunning: record.life.startedAt !== undefined })),
  );
  await Promise.all(
    earlier.map(({ record, run }) =>
      recoverSession(record, run, found.get(record.key) ?? { state: 'unknown' }, options),
    ),
  );
}

async function recoverSession(
  { key }: SessionRecord,
  run: Run,
  found: Recovered,
  { runner, stored, meter, tasks, now, happen }: RecoveryOptions,
): Promise<void> {
  // It may have been deleted meanwhile.
  const phase = stored.get(key)?.record.life.phase;
  const isUnwanted = phase === 'stopping' || phase === 'deleting';
  const event = eventOf(found, isUnwanted, now());
  if (found.state === 'unclaimed' && event === undefined) return runner.launch(run);
  if (event !== undefined) await happen(key, event);
  if (found.state === 'pending' && found.note !== undefined) {
    const { at = now(), ...note } = found.note;
    stored.note(key, { ...note, first: at, last: at });
  }
  if (found.state === 'running') meter.watch(key, true, false);
  const isOver = found.state === 'ended' || found.state === 'unclaimed';
  if (isUnwanted && !isOver) tasks.send(runner.terminate(run));
}

/**
 * The event for a session that follows from the state in which its run was found.
 *
 * @param isUnwanted - whether the session is to be ended anyway
 * @returns undefined if the run has yet to be launched, or its state is unknown
 */
function eventOf(found: Recovered, isUnwanted: boolean, now: number): LifeEvent | undefined {
  switch (found.state) {
    case 'running':
      return { type: 'started', at: Math.min(found.at ?? now, now) };
    case 'pending':
      return { type: 'pending', at: found.since ?? now, queued: found.queued };
    case 'ended':
      return { type: 'exited', ...found.end, at: endTime(found.end, now) };
    case 'unclaimed':
      return isUnwanted ? { type: 'exited', at: now, status: undefined } : undefined;
    case 'unknown':
      return undefined;
  }
}
