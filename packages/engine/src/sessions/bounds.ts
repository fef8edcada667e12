import type { Limits, QuantityLimits } from '../settings.js';
import type { Capacity } from './capacity.js';
import type { SessionResources } from './record.js';

const gib = 2 ** 30;

/** What one session can have, where a runner knows bounds of its own. */
export interface SessionBounds {
  /** What it must be promised at least. */
  readonly least: Capacity;
  /** Infinity where that is not known. */
  readonly most: Capacity;
  /** How many times what it is promised its limits may be. */
  readonly ratio: Capacity;
  /** Graphics processors at most; undefined where that is not known. */
  readonly gpus: number | undefined;
}

const between = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** What may be asked for where no session can have less or more than its bounds say. */
export function limitsWithin(limits: Limits, bounds: SessionBounds): Limits {
  const { least, most, gpus } = bounds;
  return {
    ...limits,
    cores: within(limits.cores, least.cores, most.cores),
    memoryGiB: within(limits.memoryGiB, least.memory / gib, most.memory / gib),
    gpus: limits.gpus.filter((number) => number <= (gpus ?? number)),
  };
}

function within(quantity: QuantityLimits, least: number, most: number): QuantityLimits {
  const options = quantity.options.filter((option) => option >= least && option <= most);
  const defaultRequest = between(quantity.defaultRequest, least, most);
  return {
    options,
    default: between(quantity.default, options[0] ?? least, options.at(-1) ?? most),
    defaultRequest,
    defaultLimit: between(quantity.defaultLimit, defaultRequest, most),
  };
}

/** What nobody asked for is made to fit; what was asked for is between the bounds already. */
export function resourcesWithin(
  resources: SessionResources,
  { least, most, ratio }: SessionBounds,
): SessionResources {
  const cores = between(resources.cores, least.cores, most.cores);
  const memory = between(resources.memory, least.memory, most.memory);
  return {
    ...resources,
    cores,
    coresLimit: between(resources.coresLimit, cores, Math.min(most.cores, cores * ratio.cores)),
    memory,
    memoryLimit: between(
      resources.memoryLimit,
      memory,
      Math.min(most.memory, memory * ratio.memory),
    ),
  };
}
