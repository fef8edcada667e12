import { type Io, isMachine } from '../io.js';
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
  let isShown = false;
  return {
    show: (text) => {
      io.err(`\r\u001B[K${truncate(text, Math.max(10, io.columns - 1))}`);
      isShown = true;
    },
    clear: () => {
      if (isShown) io.err('\r\u001B[K');
      isShown = false;
    },
  };
}
