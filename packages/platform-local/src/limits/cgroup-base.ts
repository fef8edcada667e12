import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunLimits } from '@skaha/engine/ports/runner.js';
import { systemCode } from '@skaha/service/errors.js';
import { groupsIn, RunGroups, sharedPrefix } from './cgroup.js';
import type { Limiter, LimiterName, LimitPlan } from './limiter.js';

const periodMicroseconds = 100_000;

/** The kernel takes no smaller quota. */
const leastQuota = 1_000;

/** What a run may use of the cores: so much time of each period, in microseconds. */
export const quotaOf = ({ cores }: RunLimits) => ({
  period: String(periodMicroseconds),
  quota: String(Math.max(leastQuota, Math.round(cores * periodMicroseconds))),
});

/** Files to write into a group, in this order. */
export type GroupSettings = readonly (readonly [string, string])[];

/** The name of the group that holds those of a platform's runs. */
export const baseName = (instance: string): string => `skaha-${instance}`;

/** Makes a group, unless it exists. */
export function makeGroup(directory: string): void {
  if (!existsSync(directory)) mkdirSync(directory);
}

/** Makes a group and, where another process has tidied up what was empty, the one parents it. */
export function makeGroupIn(base: string, directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return;
    if (systemCode(error) !== 'ENOENT') throw error;
    makeGroup(base);
    makeGroup(directory);
  }
}

/** Sets a value of a group; never makes a file. */
export function setValue(directory: string, name: string, value: string): void {
  writeFileSync(join(directory, name), value, { flag: 'r+' });
}

/** Sets a value where the kernel offers it. */
export function setIfOffered(directory: string, name: string, value: string): void {
  if (existsSync(join(directory, name))) setValue(directory, name, value);
}

export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Gone, or still in use.
  }
}

/** Where a process could go below; a second try by the same program would come to the same. */
const entered = new Set<string>();

/** Tries whether a process can really go into groups below these. */
export function canEnter(bases: readonly string[], settings: (directory: string) => void): boolean {
  const parents = bases.map((base) => dirname(base)).join('\n');
  if (entered.has(parents)) return true;
  const could = tryToEnter(bases, settings);
  if (could) entered.add(parents);
  return could;
}

function tryToEnter(bases: readonly string[], settings: (directory: string) => void): boolean {
  const probes = bases.map((base) => join(base, 'probe'));
  try {
    for (const probe of probes) {
      makeGroup(probe);
      settings(probe);
    }
    const script = 'for d in "$@"; do echo 0 > "$d/cgroup.procs" || exit 1; done 2>/dev/null';
    return spawnSync('/bin/sh', ['-c', script, 'sh', ...probes], { stdio: 'ignore' }).status === 0;
  } catch {
    return false;
  } finally {
    for (const probe of probes) removeIfEmpty(probe);
  }
}

const heldBy = { memory: 'memory', cpu: 'cores', pids: 'number of processes' } as const;

/** What both versions of control groups have in common. */
export abstract class GroupLimiter implements Limiter {
  readonly name: LimiterName;
  readonly holds: readonly string[];
  readonly lacks: readonly string[];
  readonly #bases: readonly string[];

  /**
   * @param bases - the groups that hold those of the runs
   * @param given - the controllers that can be used in them
   */
  constructor(name: LimiterName, bases: readonly string[], given: readonly string[]) {
    this.name = name;
    this.#bases = bases;
    const words = Object.entries(heldBy);
    this.holds = words.filter(([controller]) => given.includes(controller)).map(([, word]) => word);
    this.lacks = words
      .filter(([controller]) => !given.includes(controller))
      .map(([, word]) => word);
  }

  abstract prepare(key: string, limits: RunLimits): LimitPlan;

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    for (const base of this.#bases) {
      for (const entry of groupsIn(base)) {
        if (isKnown(entry)) continue;
        const groups = new RunGroups([join(base, entry, 'cgroup.procs')]);
        // A session that is known may still run in one of these; the last to end there removes it.
        if (entry.startsWith(sharedPrefix)) groups.removeIfEmpty();
        else await groups.remove();
      }
    }
  }

  close(): void {
    for (const base of this.#bases) removeIfEmpty(base);
  }
}
