import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import type { Limits, QuantityLimits } from '../settings.js';
import type { Capacity } from './capacity.js';
import type { SessionResources } from './record.js';
import { Refusal } from './refusal.js';

const gib = 2 ** 30;

/**
 * The cores that are reserved for a flexible session with a page, or an app: most of the time it
 * waits for its user, and on one machine it must leave room for others.
 */
const interactiveCores = 0.25;
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?[fFdD]?$/;
const hexadecimal =
  /^([+-]?)0[xX](?:([\da-fA-F]+)\.?|([\da-fA-F]*)\.([\da-fA-F]+))[pP]([+-]?\d{1,4})[fFdD]?$/;

/** A number as parsed by Java's `Double.parseDouble`, which the real server uses. */
function javaDouble(text: string): number {
  const trimmed = text.trim();
  if (decimal.test(trimmed)) return Number.parseFloat(trimmed);
  const [whole, sign, integer, before = '', after = '', exponent] = hexadecimal.exec(trimmed) ?? [];
  if (whole === undefined) return Number.NaN;
  const digits = Number.parseInt(`0${integer ?? before}${after}`, 16);
  const value = digits * 2 ** (Number(exponent) - 4 * after.length);
  return sign === '-' ? -value : value;
}

/**
 * Parses `cores` or `ram`: a number whose integer part is one of the options (Skaha API). A value
 * that no session of this platform could ever get is refused with the same message.
 *
 * @returns undefined if the parameter is absent or blank: the session is flexible then
 */
export function parseQuantity(
  name: 'cores' | 'ram',
  text: string | undefined,
  limits: QuantityLimits,
  most: number,
): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = javaDouble(text);
  if (!limits.options.includes(Math.trunc(value)) || value > most) {
    throw new Refusal(400, `Invalid value for '${name}': ${text}`);
  }
  return value;
}

/** Parses `gpus`: one of the options, which normally do not include 0 (Skaha API). */
export function parseGpus(
  text: string | undefined,
  options: readonly number[],
): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  if (!/^[+-]?\d{1,9}$/.test(text) || !options.includes(Number(text))) {
    throw new Refusal(400, `Invalid value for 'gpus': ${text}`);
  }
  return Number(text) || undefined;
}

/** The resources of a session: fixed if requested, otherwise flexible; predefined for two kinds. */
export function resourcesFor(
  kind: KnownSessionKind,
  asked: { cores?: number | undefined; memoryGiB?: number | undefined },
  limits: Limits,
  capacity: Capacity,
): SessionResources {
  if (kind === 'desktop') {
    return { cores: 0.25, coresLimit: 1, memory: gib, memoryLimit: 4 * gib, fixed: false };
  }
  if (kind === 'firefly') {
    return { cores: 0.1, coresLimit: 1, memory: 4 * gib, memoryLimit: 4 * gib, fixed: true };
  }
  const flexibleGiB = Math.min(limits.memoryGiB.defaultRequest, capacity.memory / gib);
  const limitGiB = Math.max(flexibleGiB, limits.memoryGiB.defaultLimit);
  const share = kind === 'headless' ? limits.cores.defaultRequest : interactiveCores;
  return {
    cores: asked.cores ?? Math.min(share, limits.cores.defaultRequest, capacity.cores),
    coresLimit: asked.cores ?? limits.cores.defaultLimit,
    memory: (asked.memoryGiB ?? flexibleGiB) * gib,
    memoryLimit: (asked.memoryGiB ?? limitGiB) * gib,
    fixed: asked.memoryGiB !== undefined,
  };
}
