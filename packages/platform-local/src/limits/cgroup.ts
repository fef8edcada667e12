import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunUsage } from '@skaha/engine/ports/runner.js';
import { systemCode } from '@skaha/service/errors.js';
import { signal } from '../processes/processes.js';

/** How often, and at what intervals, to try again to remove a group whose last process is ending. */
const attempts = 50;
const attemptMs = 20;

/** Begins the names of groups that are used for one session after the other; no key contains a dot. */
export const sharedPrefix = 'standby.';

/** How much memory may remain in use in such a group, in bytes: the next session has that much less. */
const mostHeld = 16 * 2 ** 20;

/** How much of an open file is read at a time; a longer one is read by its name. */
const piece = Buffer.alloc(4096);

/** The groups in a group; none if it cannot be read. */
export function groupsIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

const numberIn = (text: string | undefined, key?: string): number | undefined => {
  if (text === undefined) return undefined;
  const found = key === undefined ? text : new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1];
  const value = Number.parseInt(found ?? '', 10);
  return Number.isNaN(value) ? undefined : value;
};

/**
 * The control groups of one run: one directory with version 2, one for each controller with
 * version 1. Which version it is shows in the files that are there.
 */
export class RunGroups {
  readonly #directories: readonly string[];
  /** The path of each file that was read; empty if this kernel does not have it. */
  readonly #paths = new Map<string, string>();
  /** The files that stay open, by path; undefined if none does. */
  #open: Map<string, number> | undefined;
  /** Descriptor of the file with the most memory, once that has been counted from a later point. */
  #peak: number | undefined;
  /** What sessions before this one had used, and the most memory at a time where that still counts. */
  #before = { cpuSeconds: 0, peakMemory: 0 };

  /** @param procs - the `cgroup.procs` files that the run was written into */
  constructor(procs: readonly string[]) {
    this.#directories = procs.map((path) => dirname(path));
  }

  get exist(): boolean {
    return this.#directories.length > 0;
  }

  /** Whether one session after the other uses them: what is in them may belong to another session. */
  get areShared(): boolean {
    return this.#directories.some((path) => basename(path).startsWith(sharedPrefix));
  }

  /** The processes in the groups. */
  members(): number[] {
    // With version 1, a file that stays open gives the same answer for a second.
    return (this.#now('cgroup.procs', false) ?? '').split('\n').filter(Boolean).map(Number);
  }

  /** Which of these files exist depends on the kernel. */
  #pathOf(name: string): string {
    let path = this.#paths.get(name);
    if (path === undefined) {
      path = this.#directories.map((directory) => join(directory, name)).find(existsSync) ?? '';
      this.#paths.set(name, path);
    }
    return path;
  }

  #now(name: string, mayStayOpen = true): string | undefined {
    const path = this.#pathOf(name);
    if (path === '') return undefined;
    return mayStayOpen && this.#open !== undefined ? readOpen(path, this.#open) : textOf(path);
  }

  /** From now on, keeps the files that are read open, for frequent reading; {@link close} ends that. */
  keepOpen(): this {
    this.#open ??= new Map();
    return this;
  }

  close(): void {
    for (const file of this.#open?.values() ?? []) closeSync(file);
    if (this.#peak !== undefined) closeSync(this.#peak);
    this.#open = undefined;
    this.#peak = undefined;
  }

  /** Whether nothing is left of a session that ended; the next is counted from here. */
  areAsNew(): boolean {
    const now = (name: string) => this.#now(name);
    const held = numberIn(now('memory.current') ?? now('memory.usage_in_bytes'));
    if (held === undefined || held > mostHeld || this.ranOutOfMemory()) return false;
    const nanoseconds = numberIn(now('cpuacct.usage'));
    const microseconds = numberIn(now('cpu.stat'), 'usage_usec') ?? 0;
    const cpuSeconds = nanoseconds === undefined ? microseconds / 1e6 : nanoseconds / 1e9;
    const peak = () => numberIn(now('memory.peak') ?? now('memory.max_usage_in_bytes')) ?? 0;
    this.#before = { cpuSeconds, peakMemory: this.#restartPeak() ? 0 : peak() };
    return true;
  }

  /**
   * Has the kernel count the most memory from here: version 2 does so, from Linux 6.12 on, for those
   * only who read through the same descriptor. False where it cannot.
   */
  #restartPeak(): boolean {
    try {
      const path = this.#pathOf('memory.peak') || this.#pathOf('memory.max_usage_in_bytes');
      this.#peak ??= openSync(path, 'r+');
      writeSync(this.#peak, '0', 0);
      return true;
    } catch {
      return false;
    }
  }

  /** What the run uses; undefined if the groups no longer exist or count nothing. */
  async usage(): Promise<RunUsage | undefined> {
    const [nanoseconds, cpu, v2Memory, v1Memory, stat, v2Peak, v1Peak, processes] =
      await Promise.all(
        [
          'cpuacct.usage',
          'cpu.stat',
          'memory.current',
          'memory.usage_in_bytes',
          'memory.stat',
          'memory.peak',
          'memory.max_usage_in_bytes',
          'pids.current',
        ].map((name) => this.#read(name)),
      );
    const microseconds = numberIn(cpu, 'usage_usec');
    const seconds = numberIn(nanoseconds);
    const cpuSeconds = seconds === undefined ? (microseconds ?? Number.NaN) / 1e6 : seconds / 1e9;
    const total = numberIn(v2Memory) ?? numberIn(v1Memory);
    if (Number.isNaN(cpuSeconds) || total === undefined) return undefined;
    // What could be dropped at any time is not in use; the metrics of a cluster count likewise.
    const ownPeak = this.#peak === undefined ? undefined : textThrough(this.#peak);
    const peak = numberIn(ownPeak ?? v2Peak ?? v1Peak) ?? 0;
    const inactive = numberIn(stat, 'total_inactive_file') ?? numberIn(stat, 'inactive_file') ?? 0;
    return {
      cpuSeconds: Math.max(0, cpuSeconds - this.#before.cpuSeconds),
      memory: Math.max(0, total - inactive),
      // One that an earlier session reached says nothing about this one.
      peakMemory: peak > this.#before.peakMemory ? peak : undefined,
      processes: numberIn(processes),
    };
  }

  /** Whether the kernel ended a process of the run because memory ran out. */
  ranOutOfMemory(): boolean {
    for (const name of ['memory.oom_control', 'memory.events']) {
      const kills = numberIn(this.#now(name), 'oom_kill');
      if (kills !== undefined) return kills > 0;
    }
    return false;
  }

  /** Removes the groups without waiting, if all are empty; false if one is not. */
  removeIfEmpty(): boolean {
    return this.#directories.every((directory) => {
      try {
        rmdirSync(directory);
        return true;
      } catch (error) {
        return systemCode(error) === 'ENOENT';
      }
    });
  }

  /** Ends every process in the groups, also hidden ones, and removes the groups. */
  async remove(): Promise<void> {
    await Promise.all(this.#directories.map(removeGroup));
  }

  /** Removes the groups that contain those of the run, if no other run is in them. */
  async removeBase(): Promise<void> {
    for (const directory of this.#directories) await isRemoved(dirname(directory));
  }

  async #read(name: string): Promise<string | undefined> {
    for (const directory of this.#directories) {
      const text = await readFile(join(directory, name), 'utf8').catch(() => undefined);
      if (text !== undefined) return text;
    }
    return undefined;
  }
}

function readOpen(path: string, open: Map<string, number>): string | undefined {
  try {
    const file = open.get(path) ?? openSync(path, 'r');
    open.set(path, file);
    return textThrough(file) ?? textOf(path);
  } catch {
    return undefined;
  }
}

/** The content of an open file; undefined if it is too long, or cannot be read any more. */
function textThrough(file: number): string | undefined {
  try {
    const length = readSync(file, piece, 0, piece.length, 0);
    return length < piece.length ? piece.toString('latin1', 0, length) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function removeGroup(directory: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // Most often nothing is left in it.
    if (await isRemoved(directory)) return;
    await endAll(directory);
    if (attempt > 0) await pause(attemptMs);
  }
}

async function endAll(directory: string): Promise<void> {
  try {
    // Without the flag that creates a file: nothing must be written to a group that was removed.
    await writeFile(join(directory, 'cgroup.kill'), '1', { flag: 'r+' });
    return;
  } catch {
    // Version 1, or a kernel before 5.14.
  }
  const text = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const line of text.split('\n')) signal(Number(line), 'SIGKILL');
}

/** True if the group was removed; false while something is still in it. */
async function isRemoved(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}
