import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where the control groups of one hierarchy are, and where this process is among them. */
export interface Hierarchy {
  /** Directory of the hierarchy's root, as far as this process sees it. */
  readonly root: string;
  /** Directory of the group this process is in. */
  readonly own: string;
}

/** What the kernel says about control groups; tests bring their own. */
export interface CgroupTexts {
  /** `/proc/self/mountinfo`. */
  readonly mounts: string;
  /** `/proc/self/cgroup`. */
  readonly groups: string;
}

/** Reads what the kernel says; empty where there are no control groups. */
export function readCgroupTexts(): CgroupTexts {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  return { mounts: read('/proc/self/mountinfo'), groups: read('/proc/self/cgroup') };
}

const plainPath = (path: string) =>
  path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * Finds the hierarchy of a controller.
 *
 * @param controller - of version 1; `''` for the one tree of version 2
 */
export function findHierarchy(texts: CgroupTexts, controller: string): Hierarchy | undefined {
  const wanted = controller === '' ? 'cgroup2' : 'cgroup';
  const own = texts.groups
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .find((found) => found?.[1]?.split(',').includes(controller))?.[2];
  if (own === undefined) return undefined;
  for (const line of texts.mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , from = '', at = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type !== wanted) continue;
    if (controller !== '' && !options.split(',').includes(controller)) continue;
    const root = plainPath(at);
    const below = relative(plainPath(from), own);
    const directory = below.startsWith('..') ? root : join(root, below);
    return { root, own: existsSync(directory) ? directory : root };
  }
  return undefined;
}
