import type { RunUsage } from '@skaha/engine/ports/runner.js';

/** How many runs are looked at at the same time. */
const atOnce = 16;

/**
 * What runs use that have to be looked at one by one.
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
