import { firstLine } from '@skaha/base/redact.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { text } from '../command.js';
import type { Deps } from './deps.js';

/** The option of commands that wait long. */
export const notifyOption = text(
  'HOW',
  'notify you when it is finished: desktop, bell, or a command, which gets a title and a sentence as its last two arguments',
);

/** What shows a message on the desktop; undefined where nothing is known to. */
function desktopProgram(title: string, text: string): [string, string[]] | undefined {
  if (process.platform === 'darwin') {
    const show = 'display notification (item 2 of argv) with title (item 1 of argv)';
    return ['osascript', ['-e', 'on run argv', '-e', show, '-e', 'end run', title, text]];
  }
  return process.platform === 'win32' ? undefined : ['notify-send', ['--', title, text]];
}

const ringBell = (io: Io): void => (io.steerError ?? io.err)('\u0007');

async function notify(io: Io, deps: Deps, how: string, [title, text]: [string, string]) {
  if (how === 'bell') return ringBell(io);
  if (how === 'desktop') {
    const program = desktopProgram(title, text);
    const status = program === undefined ? undefined : await deps.runProgram(...program);
    if (status === 0) return;
    note(io, 'No notification can be shown on this desktop; the bell is used instead.');
    return ringBell(io);
  }
  // The words are arguments of their own: no shell reads what a session is called.
  const status =
    process.platform === 'win32'
      ? await deps.runProgram(how, [title, text])
      : await deps.runProgram('/bin/sh', ['-c', `${how} "$@"`, 'skaha', title, text]);
  if (status !== 0) note(io, `The command of --notify failed${status ? ` (${status})` : ''}.`);
}

/**
 * Does long work, and says that it is over in the way that the user asked for, however it ended.
 * Nothing is reported of what the user interrupts.
 *
 * @param how - `desktop`, `bell`, or a command; without it, nothing is reported
 * @param work - resolves to what to say
 */
export async function notifying(
  io: Io,
  deps: Deps,
  { how, title }: { how: string | undefined; title: string },
  work: () => Promise<string>,
): Promise<void> {
  if (how === undefined) {
    await work();
    return;
  }
  try {
    const text = await work();
    await notify(io, deps, how, [plain(title), plain(text)]);
  } catch (error) {
    if (!io.signal.aborted) {
      const words = error instanceof Error ? firstLine(error.message) : 'It failed.';
      await notify(io, deps, how, [plain(title), plain(words)]);
    }
    throw error;
  }
}
