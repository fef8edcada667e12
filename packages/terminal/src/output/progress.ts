import { type Io, isMachine } from '../io.js';
import { TerminalText } from './terminal-text.js';
import { truncate } from './text.js';

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
