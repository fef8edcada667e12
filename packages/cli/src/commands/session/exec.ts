import type { Io } from '@skaha/terminal/io.js';
import { rawKeyboard } from '@skaha/terminal/raw-keyboard.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import type { RunningCommand } from 'skaha';
import type { CommandStatus, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import type { execCommand, shellCommand } from './definitions.js';
import { selectOne } from './select.js';

const shellWords = ['/bin/sh', '-c', 'exec "$(command -v bash || echo /bin/sh)"'];

/** A command in a session, and what of this terminal it gets. */
interface SessionCommand {
  command: readonly string[];
  tty: boolean;
  input: boolean;
}

/** Runs a command with the streams of this process, until it ends. */
async function runAttached(
  io: Io,
  deps: Deps,
  word: string,
  { command, tty, input }: SessionCommand,
): Promise<CommandStatus> {
  const { id } = await selectOne(io, deps, word, (total) =>
    usageError(`'${word}' means ${total} sessions.`, 'Specify one of them.'),
  );
  const client = await deps.client();
  const size = () => ({ columns: clamp(io.columns), rows: clamp(io.rows ?? 24) });
  const terminal = tty ? { ...size(), type: typeOf(io.env['TERM']) } : undefined;
  // A signal is for the command, whose exit status says how it ended.
  const over = new AbortController();
  const running = await client.sessions.exec(id, { command, terminal, signal: over.signal });
  const keyboard = tty && io.inIsTty ? rawKeyboard(() => void running.resize(size())) : undefined;
  const interrupt = () => void forward(io.signal, running, over);
  if (io.signal.aborted) interrupt();
  io.signal.addEventListener('abort', interrupt, { once: true });
  // A character may come in two pieces.
  const texts = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  try {
    if (input || keyboard !== undefined)
      void feed(io, running, keyboard?.bytes).catch(() => undefined);
    else void running.endInput().catch(() => undefined);
    for await (const { stream, bytes } of running.output()) {
      if (stream === 'stderr') io.err(texts.stderr.decode(bytes, { stream: true }));
      else if (tty) io.steer?.(texts.stdout.decode(bytes, { stream: true }));
      else io.out(bytes);
      await io.drained?.();
    }
    return { status: running.status ?? 1 };
  } finally {
    keyboard?.close();
    io.signal.removeEventListener('abort', interrupt);
  }
}

const clamp = (side: number): number => Math.min(1000, Math.max(1, side));

const typeOf = (name: string | undefined): string =>
  name !== undefined && /^[A-Za-z0-9._+-]{1,64}$/.test(name) ? name : 'xterm';

async function feed(
  io: Io,
  running: RunningCommand,
  keys: AsyncIterable<Uint8Array> | undefined,
): Promise<void> {
  const source = keys ?? io.readBytes?.() ?? [new TextEncoder().encode(await io.readAll())];
  for await (const bytes of source) await running.write(bytes);
  await running.endInput();
}

/** What interrupts us interrupts the command. */
async function forward(
  { reason }: AbortSignal,
  running: RunningCommand,
  over: AbortController,
): Promise<void> {
  const isTerm = reason instanceof Error && reason.message === 'Terminated.';
  await running.signal(isTerm ? 'SIGTERM' : 'SIGINT').catch(() => over.abort(reason));
}

export const runExec: Run<typeof execCommand> = async (io, deps, options) => {
  const { command, tty, noTty, interactive } = options;
  onlyOne({ '--tty': tty, '--no-tty': noTty });
  if (command.length === 0) {
    throw usageError(
      'A command is missing.',
      `Write it after --: 'skaha exec ${options.session} -- ls'`,
    );
  }
  const isTerminal = tty || (!noTty && io.isTty && io.inIsTty);
  const input = interactive || !io.inIsTty;
  // Two streams that meet on one terminal again would have lost their order on the way.
  const isOneScreen = !isTerminal && io.isTty && io.errIsTty;
  const words = isOneScreen ? ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', ...command] : command;
  return runAttached(io, deps, options.session, { command: words, tty: isTerminal, input });
};

export const runShell: Run<typeof shellCommand> = async (io, deps, { session }) => {
  if (!io.inIsTty || !io.isTty) {
    throw usageError(
      'A shell needs a terminal.',
      `Run one command instead: 'skaha exec ${session} -- COMMAND'`,
    );
  }
  return runAttached(io, deps, session, { command: shellWords, tty: true, input: true });
};
