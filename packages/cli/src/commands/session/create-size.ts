import { type Io, note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { platformSizes } from 'skaha/internal/session/plan.js';
import type { Deps } from '../../deps.js';
import { parseCores, parseMemory } from './size.js';

/** The options about the size of a session. */
export interface SizeOptions {
  cpu?: string | undefined;
  memory?: string | undefined;
  flex: boolean;
  fixed: boolean;
}

/** Cores and memory as they are sent; undefined leaves them to the platform. */
export interface Size {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
}

/**
 * Refuses sizes that contradict each other.
 *
 * @throws {SkahaError} command.usage
 */
export function checkSize({ cpu, memory, flex, fixed }: SizeOptions): void {
  if (!flex) return;
  const other = fixed
    ? '--fixed'
    : cpu !== undefined
      ? '--cpu'
      : memory === undefined
        ? undefined
        : '--memory';
  if (other !== undefined)
    throw usageError(
      `--flex and ${other} cannot be used together.`,
      'A flexible session takes what the platform has; leave out one of them.',
    );
}

function memoryOf(io: Io, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { gibibytes, isRounded } = parseMemory(text);
  if (isRounded) note(io, `Memory is rounded up from ${text} to ${gibibytes} GiB.`);
  return gibibytes;
}

/**
 * Works out the size of a session. With `--fixed` alone that is what the platform's own form
 * preselects.
 */
export async function readSize(
  io: Io,
  deps: Deps,
  kind: string,
  options: SizeOptions,
): Promise<Size> {
  const cores = options.cpu === undefined ? undefined : parseCores(options.cpu);
  const memoryGiB = memoryOf(io, options.memory);
  const isComplete = cores !== undefined && memoryGiB !== undefined;
  if (!options.fixed || isComplete || platformSizes(kind)) return { cores, memoryGiB };
  const client = await deps.client();
  const offered = await client.context.resources({ signal: io.signal });
  const size = {
    cores: cores ?? offered.cores.default,
    memoryGiB: memoryGiB ?? offered.memoryGiB.default,
  };
  note(io, `Fixed size: ${size.cores} cores and ${size.memoryGiB} GiB of memory.`);
  return size;
}
