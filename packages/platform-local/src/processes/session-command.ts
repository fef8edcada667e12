import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { shellWord } from '@skaha/base/shell-word.js';
import {
  type CommandSignal,
  type Entry,
  type EntryPlan,
  EntryRefused,
  type TerminalSize,
} from '@skaha/engine/ports/runner.js';
import { FirstLine } from '@skaha/service/first-line.js';
import type { Entrance } from '../confinement.js';
import { followersOf, signal } from './processes.js';
import { findProgram, fixedEnvironment, systemPath } from './programs.js';
import { spawnProgram } from './spawn.js';
import { packCommand } from './variables.js';
import { waitAtMost } from './wait-at-most.js';

const run = promisify(execFile);

/** How long processes that a command leaves behind may keep its streams open. */
const streamsMs = 500;

/** Between asking a command to end and killing it. */
const graceMs = 2_000;

/** A further command for a session of this machine, and the way to it. */
export interface LocalEntry {
  readonly plan: EntryPlan;
  readonly entrance: Entrance;
  /** The script that applies the limits, and the directory of the run, which has them. */
  readonly script: string;
  readonly state: string;
  readonly id: string;
  readonly most: number | undefined;
  /** Whether what leads into the confinement stays in the group of the command. */
  readonly sharesGroup: boolean;
}

/**
 * Runs a further command in a session: the programs around it have an environment as fixed, and as
 * little open, as with the session itself. A terminal is made inside, by `script`.
 */
export async function runInSession(entry: LocalEntry): Promise<Entry> {
  const { plan, entrance, state, script, id, most } = entry;
  const { terminal } = plan;
  const environment = {
    ...entrance.environment,
    ...(terminal === undefined ? {} : { TERM: terminal.type }),
  };
  const packed = await packCommand(plan.command, { home: entrance.home, environment }, most, '-');
  const start = [...entrance.starter, ...packed.words];
  const words = terminal === undefined ? start : await inTerminal(start, terminal);
  const child = spawnProgram(
    ['/bin/sh', script, state, ...entrance.gate, ...words],
    ['pipe', 'pipe', 'pipe'],
    { skaha_sessionid: id, ...packed.environment },
  );
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('it has no streams');
  await once(child, 'spawn').catch((error: unknown) => {
    throw new EntryRefused(String(error));
  });
  stdin.on('error', () => undefined);
  const leader = child.pid ?? 0;
  const first = terminal === undefined ? undefined : new FirstLine();
  const input = new PassThrough();
  input.on('error', () => undefined);
  // What is typed before there is a terminal would be shown twice.
  void (first?.line ?? Promise.resolve()).then(() => input.pipe(stdin));
  const output = first === undefined ? stdout : merged(stdout.pipe(first), stderr);
  return {
    input,
    output,
    errors: terminal === undefined ? stderr : undefined,
    ended: endOf(child, [stdout, stderr]),
    resize: async (size) => await resize(await first?.line, size, entry),
    signal: async (name) => await send(name, leader, entry.sharesGroup),
    end: () => void end(leader),
  };
}

/** What makes the terminal writes to its own stream of errors, and only when it fails. */
function merged(terminal: Readable, errors: Readable): Readable {
  const all = new PassThrough();
  let open = 2;
  for (const one of [terminal, errors]) {
    one.pipe(all, { end: false });
    one.once('close', () => {
      open -= 1;
      if (open === 0) all.end();
    });
  }
  return all;
}

/** The same words in a terminal of this size, which writes its name first. */
async function inTerminal(words: readonly string[], size: TerminalSize): Promise<string[]> {
  const program = await terminalProgram();
  if (program === undefined) {
    throw new EntryRefused(
      'this machine lacks the program "script" (util-linux), which makes terminals',
    );
  }
  const line = `tty; stty rows ${size.rows} cols ${size.columns}; exec ${words.map(shellWord).join(' ')}`;
  return [program, '-qefc', line, '/dev/null'];
}

let makesTerminals: Promise<string | undefined> | undefined;

/** `script` as util-linux has it: others take their command in another way. */
async function terminalProgram(): Promise<string | undefined> {
  makesTerminals ??= (async () => {
    const program = findProgram('script', systemPath);
    if (program === undefined) return undefined;
    const { stdout } = await run(program, ['--version'], { env: fixedEnvironment, cwd: '/' });
    return stdout.includes('util-linux') ? program : undefined;
  })().catch(() => undefined);
  return await makesTerminals;
}

async function endOf(child: ChildProcess, streams: readonly Readable[]): Promise<number> {
  const closed = once(child, 'close');
  const [code, name] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  await waitAtMost(streamsMs, closed);
  for (const stream of streams) stream.destroy();
  return code ?? 128 + numberOf(name);
}

const numberOf = (name: NodeJS.Signals | null): number =>
  name === null ? 0 : constants.signals[name];

async function resize(
  terminal: string | undefined,
  { rows, columns }: TerminalSize,
  { script, state, entrance, id }: LocalEntry,
): Promise<void> {
  const stty = findProgram('stty', systemPath);
  if (stty === undefined || !/^\/dev\/pts\/\d+$/.test(terminal ?? '')) return;
  const words = [stty, '-F', terminal ?? '', 'rows', String(rows), 'cols', String(columns)];
  const env = { ...fixedEnvironment, skaha_sessionid: id };
  // A terminal that is being closed has no size any more.
  await run('/bin/sh', [script, state, ...entrance.gate, ...words], {
    cwd: '/',
    env,
    timeout: 10_000,
  }).catch(() => undefined);
}

/** What leads into the confinement would end first, and report an end although the command runs. */
async function send(name: CommandSignal, leader: number, sharesGroup: boolean): Promise<void> {
  if (!sharesGroup) return signal(-leader, name);
  for (const pid of await followersOf(leader)) signal(pid, name);
}

async function end(leader: number): Promise<void> {
  signal(-leader, 'SIGHUP');
  await pause(graceMs, undefined, { ref: false });
  signal(-leader, 'SIGKILL');
}
