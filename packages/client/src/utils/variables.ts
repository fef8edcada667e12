/** Reads a variable of the environment. */
export type ReadVariable = (name: string) => string | undefined;

/** What a variable says, or what is wrong with it. */
export interface NumberVariable {
  /** The one of the two that is set. */
  name: string;
  /** Undefined when it is not such a number. */
  value: number | undefined;
  problem: string | undefined;
}

const bounds = {
  TIMEOUT: { maximum: 300, unit: ' seconds' },
  CONCURRENCY: { maximum: 128, unit: ' requests' },
} as const;

/**
 * Reads a variable that holds a whole number from 1 up: `SKAHA_…`, or else what the Python client
 * calls it, so that existing scripts keep working. An empty one counts as not set.
 *
 * @param read - the environment
 * @param suffix - which
 * @returns undefined when neither is set
 */
export function numberVariable(
  read: ReadVariable,
  suffix: keyof typeof bounds,
): NumberVariable | undefined {
  const { maximum, unit } = bounds[suffix];
  for (const name of [`SKAHA_${suffix}`, `CANFAR_${suffix}`]) {
    const text = read(name)?.trim() ?? '';
    if (text === '') continue;
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= maximum) return { name, value, problem: undefined };
    const problem = `${name} must be a whole number from 1 to ${maximum}${unit}.`;
    return { name, value: undefined, problem };
  }
  return undefined;
}
