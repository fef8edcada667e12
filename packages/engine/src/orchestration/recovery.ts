import type { Recovered, Run, Runner } from '../ports/runner.js';
import type { LifeEvent } from '../sessions/lifecycle.js';
import { isFinished, type SessionRecord } from '../sessions/record.js';
import type { BackgroundTasks } from './background-tasks.js';
import type { RunDescriptions } from './run-descriptions.js';
import { endTime } from './runner-reports.js';
import type { SessionRepository } from './session-repository.js';
import type { UsageMeter } from './usage-meter.js';

/** What the sessions of an earlier platform are taken up with. */
export interface RecoveryOptions {
  readonly runner: Runner;
  readonly stored: SessionRepository;
  readonly runs: RunDescriptions;
  readonly meter: UsageMeter;
  readonly tasks: BackgroundTasks;
  now(): number;
  /** The keys of the sessions that are over and kept. */
  endedKeys(): Set<string>;
  /** Lets something happen to a session; resolves once it is on disk. */
  happen(key: string, event: LifeEvent): Promise<void>;
}

/** Takes up the sessions of an earlier platform where they are now. */
export async function recoverSessions(options: RecoveryOptions): Promise<void> {
  const { runner, stored, runs } = options;
  // There may be very many: looking each one up would take as long as all the rest.
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
      takeUp(record, run, found.get(record.key) ?? { state: 'unknown' }, options),
    ),
  );
}

async function takeUp(
  { key }: SessionRecord,
  run: Run,
  found: Recovered,
  { runner, stored, meter, tasks, now, happen }: RecoveryOptions,
): Promise<void> {
  // It may have been deleted while we looked.
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
 * What it means for a session how its run was found.
 *
 * @param isUnwanted - whether the session is to end anyway
 * @returns undefined when nothing follows from it: the run has yet to be launched, or nobody knows
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
