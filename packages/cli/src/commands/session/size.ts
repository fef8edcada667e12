import { usageError } from '@skaha/terminal/usage.js';

const perGiB: Readonly<Record<string, number>> = { m: 1 / 1024, g: 1, t: 1024 };

/** An amount of memory as it is sent. */
export interface Memory {
  gibibytes: number;
  /** Whether it was rounded up to be sent. */
  isRounded: boolean;
}

/**
 * Reads an amount of memory: `4`, `4G`, `4GB`, `4Gi` and `4GiB` are all 4 GiB, because servers
 * before 1.0 print GiB as `G`; `M` and `T` likewise.
 *
 * @throws {SkahaError} command.usage for an unknown unit, or less than 1 GiB
 */
export function parseMemory(text: string): Memory {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([mgt])(?:i?b?)?)?$/i.exec(text.trim());
  const units = 'Write a number of GiB, or use M, G or T (also Mi, Gi, Ti): 4, 4G, 1500Mi.';
  if (match === null) throw usageError(`'${text}' is not an amount of memory.`, units);
  const exact = Number(match[1]) * (perGiB[(match[2] ?? 'g').toLowerCase()] ?? 1);
  if (!(exact >= 1)) throw usageError(`--memory must be at least 1 GiB, not '${text}'.`, units);
  const gibibytes = Math.ceil(exact);
  return { gibibytes, isRounded: gibibytes !== exact };
}

/**
 * Reads a number of cores: `2`, `2.0` and `2000m` are the same.
 *
 * @throws {SkahaError} command.usage for fractions: sessions get whole cores
 */
export function parseCores(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(text.trim());
  const cores = match === null ? Number.NaN : Number(match[1]) / (match[2] === 'm' ? 1000 : 1);
  if (Number.isNaN(cores))
    throw usageError(`'${text}' is not a number of cores.`, 'Write for example 2.');
  if (!Number.isInteger(cores) || cores < 1)
    throw usageError(
      `--cpu is a whole number of cores from 1 up, not '${text}'.`,
      `Ask for ${Math.max(1, Math.ceil(cores))}, or leave --cpu out for flexible sizing.`,
    );
  return cores;
}
