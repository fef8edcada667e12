import { join } from 'node:path';
import type { RunLimits } from '@skaha/engine/ports/runner.js';
import {
  baseName,
  canEnter,
  GroupLimiter,
  makeGroup,
  makeGroupIn,
  quotaOf,
  removeIfEmpty,
  setIfOffered,
  setValue,
} from './cgroup-base.js';
import type { Limiter, LimitPlan } from './limiter.js';
import { type CgroupTexts, findHierarchy } from './mounts.js';

const controllers = ['memory', 'cpu', 'cpuacct', 'pids'] as const;
type Controller = (typeof controllers)[number];

/**
 * Limits by control groups of version 1, below the groups this process is in; undefined where they
 * cannot be used, memory being the least there must be.
 */
export function cgroupV1(texts: CgroupTexts, instance: string): Limiter | undefined {
  const bases = new Map<Controller, string>();
  for (const controller of controllers) {
    const hierarchy = findHierarchy(texts, controller);
    if (hierarchy === undefined) continue;
    const base = join(hierarchy.own, baseName(instance));
    if (tryGroup(base)) bases.set(controller, base);
  }
  // One try for all: a process for each would take most of the time of a start.
  const all = canEnter([...bases.values()], () => undefined);
  const usable = [...bases].filter(([, base]) => all || canEnter([base], () => undefined));
  if (!usable.some(([controller]) => controller === 'memory')) {
    for (const base of bases.values()) removeIfEmpty(base);
    return undefined;
  }
  return new CgroupV1(new Map(usable));
}

function tryGroup(directory: string): boolean {
  try {
    makeGroup(directory);
    return true;
  } catch {
    return false;
  }
}

class CgroupV1 extends GroupLimiter {
  readonly #bases: ReadonlyMap<Controller, string>;

  constructor(bases: ReadonlyMap<Controller, string>) {
    super('cgroup v1', [...bases.values()], [...bases.keys()]);
    this.#bases = bases;
  }

  prepare(key: string, limits: RunLimits): LimitPlan {
    const procs: string[] = [];
    for (const [controller, base] of this.#bases) {
      const directory = join(base, key);
      makeGroupIn(base, directory);
      apply(controller, directory, limits);
      procs.push(join(directory, 'cgroup.procs'));
    }
    return { join: [...new Set(procs)], ulimits: [] };
  }
}

function apply(controller: Controller, directory: string, limits: RunLimits): void {
  if (controller === 'memory') {
    const bytes = String(Math.floor(limits.memory));
    setValue(directory, 'memory.limit_in_bytes', bytes);
    // Memory and swap together: a session must not escape into swap.
    setIfOffered(directory, 'memory.memsw.limit_in_bytes', bytes);
  }
  if (controller === 'cpu') {
    const { period, quota } = quotaOf(limits);
    setValue(directory, 'cpu.cfs_period_us', period);
    setValue(directory, 'cpu.cfs_quota_us', quota);
  }
  if (controller === 'pids') setValue(directory, 'pids.max', String(limits.processes));
}
