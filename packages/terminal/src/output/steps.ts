import { type Io, isMachine, say } from '../io.js';
import { createProgress } from './progress.js';
import type { ProgressMode } from './progress-option.js';

/** One thing that happened on the way. */
export interface Step {
  /** What it is about, for programs: `launch`, `wait`, `delete`. */
  event: string;
  id?: string | undefined;
  /** Where the session is now. */
  phase: string;
  /** How many need no more work, and of how many. */
  done: number;
  total: number;
  /** This step in words. */
  text: string;
  /** All that happened so far in one line. */
  summary: string;
  /** In one word why it is there, where that is known. */
  reason?: string | undefined;
  /** Must be reported also where steps are not. */
  isTrouble?: boolean | undefined;
}

/** Reports the progress of work that takes long. */
export interface Steps {
  step(step: Step): void;
  /** Takes away what is written over and over. */
  end(): void;
}

/** How steps are shown. */
export interface StepsOptions {
  mode: ProgressMode;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Up to this many items each step gets a line; beyond, a terminal shows one line of sums. */
  fewItems: number;
  /** Where no line can be written over: prints every step, or only problems. */
  reportsAll: boolean;
}

const silent: Steps = { step: () => {}, end: () => {} };

function toPrograms(io: Io, now: () => number): Steps {
  return {
    step: ({ event, id, phase, done, total, reason }) => {
      const time = new Date(now()).toISOString();
      const why = reason === undefined ? {} : { reason };
      io.err(`${JSON.stringify({ event, id: id ?? null, phase, ...why, done, total, time })}\n`);
    },
    end: () => {},
  };
}

function toPeople(io: Io, { fewItems, reportsAll }: StepsOptions): Steps {
  const line = createProgress(io);
  return {
    step: ({ text, summary, total, isTrouble = false }) => {
      const isOneLine = io.errIsTty && io.env['TERM'] !== 'dumb' && total > fewItems;
      if (isTrouble || (!isOneLine && reportsAll)) {
        line.clear();
        say(io, text);
      }
      if (isOneLine) line.show(summary);
    },
    end: () => line.clear(),
  };
}

/**
 * Reports progress on standard error. On its own it says nothing to programs; `plain` and
 * `json` do as they were asked in any case.
 *
 * @param io - where to
 * @param options - how
 */
export function createSteps(io: Io, options: StepsOptions): Steps {
  const { mode, now } = options;
  if (mode === 'none' || (mode === 'auto' && isMachine(io.format))) return silent;
  if (mode === 'json') return toPrograms(io, now);
  if (mode === 'auto') return toPeople(io, options);
  return {
    step: ({ text, done, total }) => io.err(`${text} [${done}/${total}]\n`),
    end: () => {},
  };
}
