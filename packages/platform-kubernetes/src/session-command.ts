import { setTimeout as pause } from 'node:timers/promises';
import { type Entry, type EntryPlan, EntryRefused } from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import { FirstLine } from '@skaha/service/first-line.js';
import type { CommandSignal } from '@skaha/wire/session-commands.js';
import { type ExecResult, execute } from './client/exec.js';
import { containerName } from './names.js';
import type { Cluster } from './surroundings.js';

/** Between asking a command to end and ending it. */
const graceMs = 2_000;

/** A shell says the number of the process first: no signal can be sent by the API. */
const announced = (type: string | undefined) =>
  `${type === undefined ? '' : 'stty -echo 2>/dev/null; '}echo "$$"; ${type === undefined ? '' : 'stty echo 2>/dev/null; '}exec "$@"`;

/**
 * Runs a further command in a pod.
 *
 * @throws {EntryRefused} when that cannot be
 */
export async function enterPod(
  { client, namespace }: Cluster,
  pod: string,
  { command, terminal }: EntryPlan,
): Promise<Entry> {
  const type = terminal?.type;
  const words = type === undefined ? [] : ['/usr/bin/env', `TERM=${type}`];
  const start = async (wanted: readonly string[], isTerminal: boolean) =>
    await execute(client, namespace, pod, {
      container: containerName,
      command: wanted,
      terminal: isTerminal,
    });
  let running: ExecResult;
  try {
    const script = announced(type);
    running = await start(
      ['/bin/sh', '-c', script, 'sh', ...words, ...command],
      terminal !== undefined,
    );
  } catch (error) {
    throw new EntryRefused(reasonOf(error), { cause: error });
  }
  if (terminal !== undefined) running.resize(terminal.columns, terminal.rows);
  const output = running.output.pipe(new FirstLine());
  const send = async (signal: CommandSignal) => {
    const number = await output.line;
    if (!/^[1-9]\d*$/.test(number ?? '')) return;
    const kill = 'kill -s "$1" "$2"';
    const killing = await start(
      ['/bin/sh', '-c', kill, 'sh', signal.slice(3), number ?? ''],
      false,
    );
    killing.output.resume();
    killing.errors.resume();
    await killing.ended;
  };
  return {
    input: running.input,
    output,
    errors: terminal === undefined ? running.errors : undefined,
    // Without a status the pod went, or its node.
    ended: running.ended.then((status) => status ?? 255),
    resize: async ({ columns, rows }) => running.resize(columns, rows),
    signal: send,
    end: () => void end(send, running),
  };
}

async function end(
  send: (signal: CommandSignal) => Promise<void>,
  running: ExecResult,
): Promise<void> {
  await send('SIGHUP').catch(() => undefined);
  await pause(graceMs, undefined, { ref: false });
  await send('SIGKILL').catch(() => undefined);
  running.close();
}
