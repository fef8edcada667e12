import type { Limits, QuantityLimits } from '../settings.js';
import type { SessionBounds } from './capacity.js';
import type { SessionResources } from './record.js';

const gib = 2 ** 30;

const between = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** The limits on requests, narrowed to what a session on this runner can have. */
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

/** Fits flexible resources into the bounds; requested ones have been checked already. */
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
