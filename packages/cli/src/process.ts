import { pagerIsOpen } from '@skaha/terminal/output/pager.js';
import { processTerminal } from '@skaha/terminal/process-terminal.js';
import { closeStandardInput } from '@skaha/terminal/standard-input.js';
import { runCli } from './cli.js';
import { systemServices } from './environment/services.js';
import { Interruption } from './exit.js';
import { program } from './program.js';

/** Turns signals and closed pipes into an abort; the second signal of the user ends at once. */
function watchProcess(controller: AbortController): () => void {
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (name === 'SIGINT' && pagerIsOpen()) return;
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(new Interruption(name));
  };
  const isClosed = ({ code }: NodeJS.ErrnoException) =>
    code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (isClosed(error)) {
      controller.abort(new Interruption('closed pipe'));
      return;
    }
    process.stderr.write(`Error: The output cannot be written: ${error.message}\n`);
    process.exit(1);
  };
  const onErrorOutputError = (error: NodeJS.ErrnoException) => {
    // There is nowhere left to say it.
    if (!isClosed(error)) process.exit(1);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', onOutputError);
  process.stderr.on('error', onErrorOutputError);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

/** Runs a command line with the streams, signals and environment of this process. */
export async function runInProcess(argv: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const stopWatching = watchProcess(controller);
  const { signal } = controller;
  const isClosed = () => signal.reason instanceof Interruption && signal.reason.exitStatus === 0;
  const terminal = processTerminal(program.name, signal, isClosed);
  try {
    return await runCli(argv, terminal, systemServices(terminal));
  } finally {
    stopWatching();
    closeStandardInput();
  }
}
