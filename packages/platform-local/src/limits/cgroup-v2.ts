import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunLimits } from '@skaha/engine/ports/runner.js';
import {
  baseName,
  canEnter,
  GroupLimiter,
  type GroupSettings,
  makeGroup,
  quotaOf,
  removeIfEmpty,
  setIfOffered,
  setValue,
} from './cgroup-base.js';
import type { Limiter, LimitPlan } from './limiter.js';
import { type CgroupTexts, findHierarchy, type Hierarchy } from './mounts.js';

const wanted = ['memory', 'cpu', 'pids'] as const;

/** What is written into the group of a run, in this order. */
export function v2Settings(limits: RunLimits): GroupSettings {
  const { period, quota } = quotaOf(limits);
  return [
    ['memory.max', String(Math.floor(limits.memory))],
    // A session must not escape into swap.
    ['memory.swap.max', '0'],
    // As in a container, nothing of a session outlives its want of memory.
    ['memory.oom.group', '1'],
    ['cpu.max', `${quota} ${period}`],
    ['pids.max', String(limits.processes)],
  ];
}

const wordsIn = (path: string): string[] => {
  try {
    return readFileSync(path, 'utf8').trim().split(/\s+/);
  } catch {
    return [];
  }
};

/**
 * Limits by control groups of version 2. A group that holds processes cannot give controllers to
 * groups below it, so the place is looked for upwards: the nearest group above this process that
 * this user may divide. Undefined where there is none.
 */
export function cgroupV2(texts: CgroupTexts, instance: string): Limiter | undefined {
  const hierarchy = findHierarchy(texts, '');
  if (hierarchy === undefined) return undefined;
  for (const place of placesFrom(hierarchy)) {
    const limiter = tryPlace(place, instance, hierarchy);
    if (limiter !== undefined) return limiter;
  }
  return undefined;
}

/** This process's own group, then those above it. */
export function placesFrom({ own, root }: Hierarchy): string[] {
  const places = [own];
  for (let place = own; place !== root && place !== dirname(place); ) {
    place = dirname(place);
    places.push(place);
  }
  return places;
}

function tryPlace(place: string, instance: string, hierarchy: Hierarchy): Limiter | undefined {
  const offered = wordsIn(join(place, 'cgroup.controllers'));
  if (!offered.includes('memory')) return undefined;
  const base = join(place, baseName(instance));
  try {
    makeGroup(base);
    if (place === hierarchy.own) makeWay(place, base);
    share(place, offered);
    share(base, wordsIn(join(base, 'cgroup.controllers')));
    const given = wordsIn(join(base, 'cgroup.subtree_control'));
    if (
      given.includes('memory') &&
      canEnter([base], (probe) => setValue(probe, 'memory.max', 'max'))
    )
      return new CgroupV2(base, given);
  } catch {
    // Not ours to divide.
  }
  removeIfEmpty(base);
  return undefined;
}

/**
 * Alone in its group (a scope or a container made for the platform), the platform steps down into a
 * group of its own; among others it moves nobody.
 */
function makeWay(place: string, base: string): void {
  const inside = wordsIn(join(place, 'cgroup.procs')).map(Number);
  const own = [process.pid, process.ppid];
  if (inside.length === 0 || !inside.every((pid) => own.includes(pid))) return;
  const aside = join(dirname(base), 'skaha-platform');
  makeGroup(aside);
  for (const pid of inside) setValue(aside, 'cgroup.procs', String(pid));
}

/** Gives the controllers of a group to those below it, one by one: some may not be allowed. */
function share(directory: string, offered: readonly string[]): void {
  const given = wordsIn(join(directory, 'cgroup.subtree_control'));
  for (const controller of wanted) {
    if (!offered.includes(controller) || given.includes(controller)) continue;
    try {
      setValue(directory, 'cgroup.subtree_control', `+${controller}`);
    } catch (error) {
      if (controller === 'memory') throw error;
    }
  }
}

class CgroupV2 extends GroupLimiter {
  readonly #base: string;

  constructor(base: string, given: readonly string[]) {
    super('cgroup v2', [base], given);
    this.#base = base;
  }

  prepare(key: string, limits: RunLimits): LimitPlan {
    const directory = join(this.#base, key);
    if (!existsSync(this.#base)) {
      // Another platform on the same state has tidied up what was empty.
      makeGroup(this.#base);
      share(this.#base, wordsIn(join(this.#base, 'cgroup.controllers')));
    }
    makeGroup(directory);
    for (const [name, value] of v2Settings(limits)) setIfOffered(directory, name, value);
    return { join: [join(directory, 'cgroup.procs')], ulimits: [] };
  }
}
