import type { Io } from '../io.js';
import { TerminalText } from './terminal-text.js';
import { clip } from './text.js';

/** Text on a terminal that is drawn over and over in the same place. */
export interface Screen {
  /** Puts new text in the place of the old; what is longer than the terminal is cut off. */
  draw(text: string): void;
  /** Leaves the last text where it is, and the terminal as it was found. */
  close(): void;
}

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const eraseBelow = '\u001B[J';
const clearAll = '\u001B[2J\u001B[H';

const styled = (line: string): string => new TerminalText('style').push(line);

/** Whether a terminal can draw in place. */
export const canRedraw = ({ isTty, env }: Pick<Io, 'isTty' | 'env'>): boolean =>
  isTty && env['TERM'] !== 'dumb';

/**
 * A screen on standard output.
 *
 * @param io - a terminal that can draw in place
 */
export function createScreen(io: Pick<Io, 'out' | 'steer' | 'columns' | 'rows'>): Screen {
  const steer = io.steer ?? io.out;
  let height = 0;
  let drawnColumns = io.columns;
  let isHidden = false;
  return {
    draw: (text) => {
      const room = Math.max(1, (io.rows ?? 24) - 1);
      const all = text.replace(/\n$/, '').split('\n');
      const more = all.length > room ? [`… ${all.length - room + 1} more`] : [];
      const lines = [...all.slice(0, room - more.length), ...more];
      // After a change of width the terminal has wrapped the lines again: nobody knows where they are.
      const isMoved = drawnColumns !== io.columns && height > 0;
      drawnColumns = io.columns;
      const up = isMoved ? clearAll : height === 0 ? '' : `\u001B[${height}A\r`;
      const shown = lines.map((line) => `${styled(clip(line, io.columns))}\u001B[K\n`).join('');
      // At once: drawn in parts it would flicker.
      steer(`${isHidden ? '' : hideCursor}${up}${shown}${eraseBelow}`);
      isHidden = true;
      height = lines.length;
    },
    close: () => {
      if (isHidden) steer(showCursor);
      isHidden = false;
    },
  };
}
