import type { ChildProcess } from 'node:child_process';
import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf, systemCode } from '@skaha/service/errors.js';
import { openLog, readNote } from '@skaha/service/held.js';
import { identityOf, isAlive, parseIdentity, signal } from '../processes/processes.js';
import { ownProgram } from '../processes/programs.js';
import {
  onLines,
  type SpawnRequest,
  spawnProgram,
  spawnSession,
  unrefChild,
} from '../processes/spawn.js';

/** A request to the launcher: one line of JSON. */
export interface LauncherRequest extends SpawnRequest {
  readonly number: number;
  /** Path of the log, which already exists. */
  readonly log: string;
}

/** Its report on a request: one line of JSON. */
export type LauncherReport =
  | { readonly isReady: true }
  | { readonly number: number; readonly pid: number }
  | { readonly number: number; readonly failed: string }
  | { readonly number: number; readonly exited: number | null };

/** Receives what becomes of a program that was started. */
export interface StartListener {
  started(pid: number): void;
  /** It was not started. */
  failed(error: Error): void;
  exited(code: number | null): void;
  /** The launcher has ended: nobody will report the end of the program. */
  lost(): void;
}

/** How long an idle launcher is kept, in milliseconds: it takes memory. */
const idleMs = 30_000;

/** A launcher pays off from this many starts within this time, in milliseconds. */
const busyStarts = 4;
const busyMs = 2_000;

/** How long the launcher of an earlier platform may take to finish and end. */
const predecessorMs = 10_000;
const stepMs = 10;

const reasons: Readonly<Record<string, string>> = {
  E2BIG: 'its command and variables are too long for this machine',
  EAGAIN: 'this machine cannot start another process',
};

const program = ownProgram('supervisors/launcher-program.js');

/** It allocates next to nothing, and must be small, because the system copies it for each start. */
const smallHeap = ['--max-semi-space-size=1', '--max-old-space-size=64'];

const failure = (code: string): Error => new Error(reasons[code] ?? code);

/** Starts a session from this process. */
function startHere(request: SpawnRequest, log: string, listener: StartListener): void {
  const descriptor = openLog(log);
  try {
    const child = spawnSession(request, descriptor);
    child.unref();
    child.once('error', (error) => {
      if (child.pid === undefined) listener.failed(error);
    });
    child.once('spawn', () => listener.started(child.pid ?? 0));
    child.once('exit', (code) => listener.exited(code));
  } catch (error) {
    listener.failed(failure(systemCode(error) ?? reasonOf(error)));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Starts sessions through a small process: whenever a process starts another, the system copies its
 * memory tables, and those of a platform are large. A launcher outlives a platform that was killed
 * only until it has done what it was asked.
 */
export class Launcher {
  readonly #note: string;
  readonly #waiting = new Map<number, StartListener>();
  #child: ChildProcess | undefined;
  /** A launcher that is still starting. */
  #coming: ChildProcess | undefined;
  /** When sessions were last started without one. */
  #recentStarts: number[] = [];
  #isClosed = false;
  #own: number | undefined;
  #number = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param place - a private directory, where a later platform finds who the launcher is */
  constructor(place: string) {
    this.#note = join(place, 'launcher');
  }

  /** Starts a program, and reports to the listener what becomes of it. */
  start(request: SpawnRequest, log: string, listener: StartListener): void {
    if (this.#child === undefined) {
      // A single one has begun before a launcher would have started.
      startHere(request, log, listener);
      this.#openWhenBusy();
      return;
    }
    clearTimeout(this.#idle);
    this.#number += 1;
    const number = this.#number;
    this.#waiting.set(number, listener);
    const line: LauncherRequest = { number, log, ...request };
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  #openWhenBusy(): void {
    const now = performance.now();
    this.#recentStarts = this.#recentStarts.filter((at) => now - at < busyMs);
    this.#recentStarts.push(now);
    const isWanted = this.#recentStarts.length >= busyStarts && this.#coming === undefined;
    if (!isWanted || this.#isClosed || program === undefined) return;
    try {
      const words = [process.execPath, ...smallHeap, program];
      const child = spawnProgram(words, ['pipe', 'pipe', 'ignore']);
      this.#coming = child;
      onLines(child.stdout, (line) => this.#reported(JSON.parse(line) as LauncherReport, child));
      child.stdin?.on('error', () => undefined);
      child.once('error', () => undefined).once('close', () => this.#gone(child));
      unrefChild(child);
    } catch {
      // If none can be started, this process starts the sessions, as before.
    }
  }

  /** Waits until no launcher of an earlier platform can start anything any more. */
  async predecessorGone(): Promise<void> {
    const identity = parseIdentity((await readNote(this.#note))?.text ?? '');
    if (identity === undefined || identity.pid === this.#own) return;
    for (let waited = 0; await isAlive(identity); waited += stepMs) {
      if (waited >= predecessorMs) signal(identity.pid, 'SIGKILL');
      await pause(stepMs);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#waiting.clear();
    this.#release();
  }

  #release(): void {
    for (const child of [this.#child, this.#coming])
      child?.removeAllListeners('close').stdin?.end();
    this.#child = undefined;
    this.#coming = undefined;
  }

  /** Records its identity before it is asked for anything. */
  async #introduce(child: ChildProcess): Promise<void> {
    const who = await identityOf(child.pid ?? 0);
    if (who === undefined || this.#coming !== child) return;
    this.#own = who.pid;
    writeFileSync(this.#note, `${who.pid}\n${who.start}\n${who.boot}\n`, { mode: 0o600 });
    this.#coming = undefined;
    this.#child = child;
  }

  #reported(report: LauncherReport, child: ChildProcess): void {
    if ('isReady' in report) {
      this.#introduce(child).catch(() => this.#gone(child));
      return;
    }
    const listener = this.#waiting.get(report.number);
    if (listener === undefined) return;
    if ('pid' in report) {
      listener.started(report.pid);
      return;
    }
    this.#waiting.delete(report.number);
    if ('exited' in report) listener.exited(report.exited);
    else listener.failed(failure(report.failed));
    if (this.#waiting.size > 0 || this.#isClosed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#release(), idleMs).unref();
  }

  /** While it is needed it does not end by itself, so it was killed. */
  #gone(child: ChildProcess): void {
    if (this.#coming === child) this.#coming = undefined;
    if (this.#child !== child) return;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#child = undefined;
    for (const listener of waiting) listener.lost();
  }
}
