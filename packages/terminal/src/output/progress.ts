import type { Clock } from '@skaha/base/clock.js';
import { type Io, isMachine } from '../io.js';
import { TerminalText } from './terminal-text.js';
import { truncate } from './text.js';
import { clockFace } from './time.js';

/** One line on standard error that is written over and over. */
export interface Progress {
  show(text: string): void;
  /** Takes the line away, so that other words begin on a clean one. */
  clear(): void;
}

/** A progress line on a terminal; nothing at all elsewhere. */
export function createProgress(io: Io): Progress {
  const canRewrite = io.errIsTty && io.env['TERM'] !== 'dumb';
  if (!canRewrite || isMachine(io.format)) return { show: () => {}, clear: () => {} };
  const steer = io.steerError ?? io.err;
  let isShown = false;
  return {
    show: (text) => {
      const line = new TerminalText('style').push(truncate(text, Math.max(10, io.columns - 1)));
      steer(`\r\u001B[K${line}`);
      isShown = true;
    },
    clear: () => {
      if (isShown) steer('\r\u001B[K');
      isShown = false;
    },
  };
}

/**
 * Counts down on the progress line until time is up or nobody waits any more.
 *
 * @param what - for example `Waiting for approval`
 * @param waiting - aborted when nobody waits any more, which takes the line away
 */
export function countDown(
  io: Io,
  clock: Clock,
  what: string,
  milliseconds: number,
  waiting: AbortSignal,
): void {
  const progress = createProgress(io);
  // Written once where a line cannot be written over.
  if (io.env['TERM'] === 'dumb') io.err(`${what}. Press Ctrl-C to cancel.\n`);
  waiting.addEventListener('abort', () => progress.clear());
  const end = clock.now() + milliseconds;
  const tick = async () => {
    for (;;) {
      const left = end - clock.now();
      progress.show(`${what}, ${clockFace(left)} left. Press Ctrl-C to cancel.`);
      if (left <= 0) return;
      await clock.sleep(1000, AbortSignal.any([waiting, io.signal]));
    }
  };
  void tick().catch(() => undefined);
}
