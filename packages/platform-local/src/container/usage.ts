import type { RunUsage } from '@skaha/engine/ports/runner.js';
import type { ContainerStats } from 'dockerode';

/** What an engine's figures about a container mean; undefined when it has none, having ended. */
export function usageOf(stats: ContainerStats): RunUsage | undefined {
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = stats;
  if (memory?.usage === undefined || cpu?.cpu_usage === undefined) return undefined;
  // Pages of files that were read once are given back when they are needed.
  const cached = memory.stats?.inactive_file ?? memory.stats?.total_inactive_file ?? 0;
  const peak = memory.max_usage ?? 0;
  return {
    cpuSeconds: cpu.cpu_usage.total_usage / 1e9,
    memory: Math.max(0, memory.usage - cached),
    ...(peak > 0 ? { peakMemory: peak } : {}),
    ...(pids?.current === undefined ? {} : { processes: pids.current }),
  };
}
