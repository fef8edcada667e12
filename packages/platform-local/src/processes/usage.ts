import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { RunUsage } from '@skaha/engine/ports/runner.js';
import { processesOf } from './processes.js';
import { fixedEnvironment } from './programs.js';

const run = promisify(execFile);

/** What Linux counts time by in `/proc`, on every machine it runs on today. */
const ticksPerSecond = 100;

interface Share {
  readonly cpuSeconds: number;
  readonly memory: number;
}

/**
 * What the processes of a session use, where no control group counts it: a sum over those that are
 * found, memory that they share counted for each.
 *
 * @param id - the session's id
 * @param leader - the supervisor's process number
 */
export async function usageOf(id: string, leader: number): Promise<RunUsage | undefined> {
  const pids = await processesOf(id, leader);
  const shares = process.platform === 'linux' ? await fromProc(pids) : await fromPs(pids);
  if (shares.length === 0) return undefined;
  return {
    cpuSeconds: shares.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memory: shares.reduce((sum, { memory }) => sum + memory, 0),
    processes: shares.length,
  };
}

async function fromProc(pids: readonly number[]): Promise<Share[]> {
  const shares = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [stat, status] = await Promise.all([
          readFile(`/proc/${pid}/stat`, 'utf8'),
          readFile(`/proc/${pid}/status`, 'utf8'),
        ]);
        const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
        // Its own time in programs and in the kernel, and that of its children that have ended.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        const kibibytes = Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0);
        return { cpuSeconds: ticks / ticksPerSecond, memory: kibibytes * 1024 };
      } catch {
        return undefined;
      }
    }),
  );
  return shares.filter((share) => share !== undefined);
}

async function fromPs(pids: readonly number[]): Promise<Share[]> {
  if (pids.length === 0) return [];
  const words = ['-o', 'time=,rss=', '-p', pids.join(',')];
  const { stdout } = await run('/bin/ps', words, { env: fixedEnvironment });
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [time = '', kibibytes] = line.trim().split(/\s+/);
      return { cpuSeconds: secondsOf(time), memory: Number(kibibytes) * 1024 };
    });
}

/** Reads `[days-][hours:]minutes:seconds`, as `ps` prints times. */
export function secondsOf(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text];
  const parts = (clock ?? '').split(':').map(Number);
  return Number(days) * 86_400 + parts.reduce((sum, part) => sum * 60 + part, 0);
}

/** How many runs are read at the same time. */
const atOnce = 16;

/**
 * What runs use, where each has to be read by itself.
 *
 * @param read - looks at one of them; undefined when it is not known
 */
export async function usagesOf(
  keys: readonly string[],
  read: (key: string) => Promise<RunUsage | undefined>,
): Promise<Map<string, RunUsage>> {
  const found = new Map<string, RunUsage>();
  const left = keys.values();
  const reader = async () => {
    for (const key of left) {
      const usage = await read(key);
      if (usage !== undefined) found.set(key, usage);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, keys.length) }, reader));
  return found;
}
