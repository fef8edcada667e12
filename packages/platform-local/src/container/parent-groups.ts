import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { groupsIn, RunGroups } from '../limits/cgroup.js';
import { removeIfEmpty } from '../limits/cgroup-base.js';

const mountPoint = '/sys/fs/cgroup';

/** How often, and at what distance, a group is tried again whose last process is still leaving. */
const attempts = 100;
const attemptMs = 20;

/** From this part of the limit on, memory counts as used up. */
const fullShare = 0.98;

/**
 * Control groups of our own that containers hang below, where this process may make some and the
 * engine leaves them to us. They outlast the container, so that its use of memory can still be read
 * when it is over: not every engine reports that a session ran out of memory.
 */
export class ParentGroups {
  readonly #instance: string;
  readonly #roots: readonly string[];

  private constructor(instance: string, roots: readonly string[]) {
    this.#instance = instance;
    this.#roots = roots;
  }

  /** The groups of a data directory; undefined where there can be none. */
  static open(instance: string): ParentGroups | undefined {
    const groups = new ParentGroups(instance, hierarchies());
    const [memory] = groups.#roots.filter((root) => existsSync(join(root, 'cgroup.procs')));
    if (memory === undefined) return undefined;
    try {
      mkdirSync(join(memory, groups.#base), { recursive: true });
      return groups;
    } catch {
      return undefined;
    }
  }

  get #base(): string {
    return `skaha-${this.#instance}-containers`;
  }

  /** The parent group of a run's container, as the engine names it. */
  pathOf(key: string): string {
    return `/${this.#base}/${key}`;
  }

  /** True when the memory of a run was used up. */
  async wasFull(key: string, limit: number): Promise<boolean> {
    const groups = new RunGroups(
      this.#roots.map((root) => join(root, this.#base, key, 'cgroup.procs')),
    );
    if (await groups.ranOutOfMemory()) return true;
    const usage = await groups.usage();
    return (usage?.peakMemory ?? 0) >= limit * fullShare;
  }

  /** Removes the groups of a run that is over. */
  async remove(key: string): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (this.#roots.every((root) => isRemoved(join(root, this.#base, key)))) return;
      await pause(attemptMs);
    }
  }

  /** Removes what is left of runs that nobody knows. */
  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    const keys = this.#roots.flatMap((root) => groupsIn(join(root, this.#base)));
    for (const key of new Set(keys)) if (!isKnown(key)) await this.remove(key);
  }

  /** Removes what holds the groups, when none is left. */
  close(): void {
    for (const root of this.#roots) removeIfEmpty(join(root, this.#base));
  }
}

/** The tree of version 2, or those of version 1: memory first, the others for tidying up. */
function hierarchies(): string[] {
  if (existsSync(join(mountPoint, 'cgroup.controllers'))) return [mountPoint];
  const names = groupsIn(mountPoint).toSorted(
    (a, b) => Number(b === 'memory') - Number(a === 'memory'),
  );
  return names[0] === 'memory' ? names.map((name) => join(mountPoint, name)) : [];
}

function isRemoved(path: string): boolean {
  for (const name of groupsIn(path)) isRemoved(join(path, name));
  removeIfEmpty(path);
  return !existsSync(path);
}
