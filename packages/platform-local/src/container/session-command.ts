import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { CommandSignal, Entry, EntryPlan } from '@skaha/engine/ports/runner.js';
import { FirstLine } from '@skaha/service/first-line.js';
import { type Engine, type EngineExec, unknownStatus } from './engine.js';

/** How often, and in what steps, an engine is asked for the status of what has ended. */
const attempts = 50;
const attemptMs = 100;

/** Between asking a command to end and ending it. */
const graceMs = 2_000;

const sayNumber = 'echo "$$"; exec "$@"';

/**
 * Runs a further command in a container that runs. A shell in the container says the number of the
 * process first: engines send no signals to such commands, and the number they give is that of
 * another machine where they run in a virtual one.
 */
export async function enterContainer(
  engine: Engine,
  name: string,
  { command, terminal }: EntryPlan,
): Promise<Entry> {
  const exec = await engine.exec(name, {
    Cmd: ['/bin/sh', '-c', sayNumber, 'sh', ...command],
    Tty: terminal !== undefined,
    ...(terminal === undefined ? {} : { Env: [`TERM=${terminal.type}`] }),
  });
  const { stream } = exec;
  const output = new FirstLine();
  const errors = terminal === undefined ? new PassThrough() : undefined;
  if (errors === undefined) stream.pipe(output);
  else {
    exec.split(output, errors);
    stream.once('close', () => output.end());
    stream.once('end', () => output.end());
    output.once('end', () => errors.end());
  }
  stream.on('error', () => output.end());
  if (terminal !== undefined) await exec.resize(terminal).catch(() => undefined);
  const input = new PassThrough();
  input.on('error', () => undefined);
  void output.line.then(() => input.pipe(stream));
  const send = async (signal: CommandSignal) => {
    const number = await output.line;
    if (!/^[1-9]\d*$/.test(number ?? '')) return;
    await run(engine, name, [
      '/bin/sh',
      '-c',
      'kill -s "$1" "$2"',
      'sh',
      signal.slice(3),
      number ?? '',
    ]);
  };
  return {
    input,
    output,
    errors,
    ended: once(output, 'close').then(() => statusOf(exec)),
    resize: async (size) => await exec.resize(size).catch(() => undefined),
    signal: send,
    end: () => void end(send, stream),
  };
}

async function statusOf(exec: EngineExec): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const status = await exec.status().catch(() => undefined);
    if (status !== undefined) return status;
    await pause(attemptMs);
  }
  return unknownStatus;
}

async function run(engine: Engine, name: string, command: string[]): Promise<void> {
  const { stream } = await engine.exec(name, { Cmd: command });
  stream.resume();
  await once(stream, 'close').catch(() => undefined);
}

async function end(
  send: (signal: CommandSignal) => Promise<void>,
  stream: EngineExec['stream'],
): Promise<void> {
  await send('SIGHUP').catch(() => undefined);
  await pause(graceMs, undefined, { ref: false });
  await send('SIGKILL').catch(() => undefined);
  stream.destroy();
}
