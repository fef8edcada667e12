import { readFile } from 'node:fs/promises';
import { systemCode } from './system-code.js';

/** Whether there is a process with this number, whoever owns it. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** What Linux says about a process. */
export interface ProcessStat {
  /** `Z` for one that has ended and was not waited for. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** When it was started, in ticks since the machine was. */
  readonly start: string;
}

/** Reads it; undefined when there is no such process, or no `/proc`. */
export async function processStat(pid: number | string): Promise<ProcessStat | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the fields begin after the last one.
    const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
    const [state = '', parent, group, session] = fields;
    const numbers = { parent: Number(parent), group: Number(group), session: Number(session) };
    return { state, ...numbers, start: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Identifies the current start of this machine; empty where the system does not say. */
export async function bootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return text.trim();
}

/**
 * When a process was started, in a form that no other process of the same number has; empty where
 * that is not known.
 */
export async function processBirth(pid: number): Promise<string> {
  const [stat, boot] = await Promise.all([processStat(pid), bootId()]);
  return stat === undefined || boot === '' ? '' : `${boot}/${stat.start}`;
}
