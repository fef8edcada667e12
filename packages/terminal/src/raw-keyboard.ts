import { spawnSync } from 'node:child_process';
import { standardInput } from './standard-input.js';

/** A terminal whose keys go on as they are pressed. */
export interface RawKeyboard {
  bytes: AsyncIterable<Uint8Array>;
  /** Gives the terminal back as it was. */
  close(): void;
}

/**
 * Takes the keyboard: no key means anything here any more, Ctrl-C included.
 *
 * @param onResize - called when the terminal has changed its size
 */
export function rawKeyboard(onResize: () => void): RawKeyboard {
  const input = standardInput();
  input.setRawMode?.(true);
  // What comes from another terminal is written for one: Node leaves it to this one to change ends of
  // lines. Where there is no stty, a screen that moves its cursor by them looks odd.
  spawnSync('stty', ['-opost'], { stdio: [0, 'ignore', 'ignore'] });
  process.stdout.on('resize', onResize);
  return {
    bytes: keys(input),
    close: () => {
      process.stdout.off('resize', onResize);
      input.setRawMode?.(false);
      input.destroy();
    },
  };
}

async function* keys(input: NodeJS.ReadableStream): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of input) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
