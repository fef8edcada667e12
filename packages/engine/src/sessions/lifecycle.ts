import { causeWords, type EndCause } from './end-cause.js';
import type { Life, Phase } from './record.js';

/** An event in the life of a session. `at` is in milliseconds since the epoch. */
export type LifeEvent =
  | { readonly type: 'admitted'; readonly at: number; readonly turn?: number | undefined }
  | { readonly type: 'refused'; readonly at: number; readonly reason: string }
  | { readonly type: 'started'; readonly at: number }
  | { readonly type: 'pending'; readonly at: number; readonly queued: boolean }
  | {
      readonly type: 'exited';
      readonly at: number;
      readonly status: number | undefined;
      readonly cause?: EndCause | undefined;
    }
  | { readonly type: 'expired'; readonly at: number }
  | { readonly type: 'renewed'; readonly at: number; readonly lifetimeSeconds: number }
  | { readonly type: 'stopped'; readonly at: number }
  | { readonly type: 'deleted'; readonly at: number }
  | { readonly type: 'forgotten'; readonly at: number };

/** What the platform must do after a change. */
export type Effect =
  | { readonly type: 'launch' }
  | { readonly type: 'terminate' }
  | { readonly type: 'purge' }
  | {
      readonly type: 'note';
      readonly level: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
    };

/** The life after an event, and its effects. */
export interface Transition {
  readonly life: Life;
  readonly effects: readonly Effect[];
}

const normal = (reason: string, message: string): Effect => ({
  type: 'note',
  level: 'Normal',
  reason,
  message,
});
const warning = (reason: string, message: string): Effect => ({
  type: 'note',
  level: 'Warning',
  reason,
  message,
});

/**
 * The whole life of a session, without a clock or processes. An event that makes no sense in the
 * current phase (a second exit, an expiry after the end) is ignored.
 *
 * @param life - the present state
 * @param event - what happened
 * @returns the new state, and the effects in order
 */
export function transition(life: Life, event: LifeEvent): Transition {
  switch (event.type) {
    case 'admitted':
      return admitted(life, event.at, event.turn);
    case 'refused':
      return refused(life, event.at, event.reason);
    case 'started':
      return started(life, event.at);
    case 'pending':
      return pending(life, event.at, event.queued);
    case 'exited':
      return exited(life, event.at, event.status, event.cause);
    case 'expired':
      return expired(life);
    case 'renewed':
      return renewed(life, event.at, event.lifetimeSeconds);
    case 'stopped':
      return stopped(life, event.at);
    case 'deleted':
      return deleted(life);
    case 'forgotten':
      return forgotten(life);
  }
}

const unchanged = (life: Life): Transition => ({ life, effects: [] });
const isOne = (life: Life, ...phases: readonly Phase[]) => phases.includes(life.phase);

function admitted(life: Life, at: number, turn: number | undefined): Transition {
  if (life.phase !== 'queued') return unchanged(life);
  return {
    life: { ...life, phase: 'starting', admittedAt: at, turn },
    effects: [{ type: 'launch' }],
  };
}

function refused(life: Life, at: number, reason: string): Transition {
  if (isOne(life, 'stopping', 'deleting')) return exited(life, at, undefined);
  if (!isOne(life, 'queued', 'starting', 'running')) return unchanged(life);
  const startedAt = life.startedAt ?? at;
  return {
    // The clock may have been set back meanwhile.
    life: { ...life, phase: 'failed', startedAt, finishedAt: Math.max(at, startedAt) },
    effects: [warning('Failed', reason)],
  };
}

function started(life: Life, at: number): Transition {
  if (life.phase !== 'starting') return unchanged(life);
  // The runner's clock may be behind: a lifetime does not begin before admission.
  const startedAt = Math.max(at, life.admittedAt ?? at);
  return {
    life: { ...life, phase: 'running', startedAt, awaitsRunner: undefined },
    effects: [normal('Started', 'Started the command')],
  };
}

/** The runner makes it wait: at its start, or again, because it lost its place. */
function pending(life: Life, at: number, queued: boolean): Transition {
  if (!isOne(life, 'starting', 'running')) return unchanged(life);
  const isAgain = life.phase === 'running';
  if (!isAgain && queued === (life.awaitsRunner ?? false)) return unchanged(life);
  return {
    life: {
      ...life,
      phase: 'starting',
      startedAt: undefined,
      awaitsRunner: queued ? true : undefined,
      // Its lifetime begins when it has a place.
      admittedAt: queued ? life.admittedAt : at,
    },
    effects: [],
  };
}

function exited(life: Life, at: number, status: number | undefined, cause?: EndCause): Transition {
  const startedAt = life.startedAt ?? at;
  const end: Life = {
    ...life,
    startedAt,
    finishedAt: Math.max(at, startedAt),
    exitStatus: status,
    endReason: cause?.reason,
    awaitsRunner: undefined,
  };
  if (life.phase === 'deleting')
    return { life: { ...end, phase: 'gone' }, effects: [{ type: 'purge' }] };
  if (life.phase === 'stopping') {
    const reason = life.ending ?? 'The platform ended the session';
    return { life: { ...end, phase: 'failed' }, effects: [warning('Failed', reason)] };
  }
  if (!isOne(life, 'starting', 'running')) return unchanged(life);
  const causes = cause === undefined ? [] : [warning(cause.reason, causeWords(cause))];
  // A command may exit with 0 although one of its processes was killed, or it was asked to end.
  if (status === 0 && (cause === undefined || cause.reason === 'OOMKilled')) {
    return {
      life: { ...end, phase: 'completed' },
      effects: [...causes, normal('Completed', 'The command ended with exit status 0')],
    };
  }
  const failure = warning('Failed', exitWords(status));
  return { life: { ...end, phase: 'failed' }, effects: [...causes, failure] };
}

function exitWords(status: number | undefined): string {
  if (status === undefined) return 'The command ended without leaving an exit status';
  const words = `The command ended with exit status ${status}`;
  if (status === 127) return `${words}: it was not found in this session`;
  if (status === 126) return `${words}: it is not executable`;
  return status > 128 && status < 165 ? `${words} (signal ${status - 128})` : words;
}

function expired(life: Life): Transition {
  if (!isOne(life, 'starting', 'running')) return unchanged(life);
  return ending(life, 'DeadlineExceeded', causeWords({ reason: 'DeadlineExceeded' }));
}

function ending(life: Life, reason: string, message: string): Transition {
  return {
    life: { ...life, phase: 'stopping', ending: message },
    effects: [warning(reason, message), { type: 'terminate' }],
  };
}

/** Skaha API: a renewal never shortens a lifetime, and only running sessions can be renewed. */
function renewed(life: Life, at: number, lifetimeSeconds: number): Transition {
  if (life.phase !== 'running' || life.startedAt === undefined) return unchanged(life);
  const elapsed = Math.max(0, Math.floor((at - life.startedAt) / 1000));
  const deadlineSeconds = Math.max(life.deadlineSeconds, elapsed + lifetimeSeconds);
  return { life: { ...life, deadlineSeconds }, effects: [] };
}

function stopped(life: Life, at: number): Transition {
  const message = 'The platform was stopped';
  if (life.phase === 'queued')
    return refused(life, at, `${message} before the session could start`);
  if (!isOne(life, 'starting', 'running')) return unchanged(life);
  return ending(life, 'Killing', message);
}

function deleted(life: Life): Transition {
  if (isOne(life, 'queued', 'completed', 'failed')) return forgetting(life);
  if (life.phase === 'stopping') return { life: { ...life, phase: 'deleting' }, effects: [] };
  if (!isOne(life, 'starting', 'running')) return unchanged(life);
  return { life: { ...life, phase: 'deleting' }, effects: [{ type: 'terminate' }] };
}

function forgotten(life: Life): Transition {
  return isOne(life, 'completed', 'failed') ? forgetting(life) : unchanged(life);
}

function forgetting(life: Life): Transition {
  return { life: { ...life, phase: 'gone' }, effects: [{ type: 'purge' }] };
}

/** When the next timed event is due; infinity if there is none. */
export function nextDue(life: Life, keepSeconds: number): number {
  if (life.phase === 'running' && life.startedAt !== undefined) {
    return life.startedAt + life.deadlineSeconds * 1000;
  }
  // If its image cannot be pulled, a session must not hold its resources for ever.
  if (life.phase === 'starting' && life.admittedAt !== undefined && life.awaitsRunner !== true) {
    return life.admittedAt + life.deadlineSeconds * 1000;
  }
  if (isOne(life, 'completed', 'failed') && life.finishedAt !== undefined) {
    return life.finishedAt + keepSeconds * 1000;
  }
  return Number.POSITIVE_INFINITY;
}
