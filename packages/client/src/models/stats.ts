import { isRecord } from '@skaha/base/record.js';
import { parseMemoryGiB, presentText, round } from './quantity.js';

/**
 * The load and size of the platform. A figure that the server does not send is undefined, never 0.
 */
export interface PlatformStats {
  cores: PlatformLoad & { largestSession?: { cores: number; memoryGiB: number } | undefined };
  memoryGiB: PlatformLoad & { largestSession?: { cores: number; memoryGiB: number } | undefined };
  /** Running sessions; only servers up to 1.1.4 count them. */
  instances?: { session: number; desktopApp: number; headless: number; total: number } | undefined;
  /** The unchanged reply. */
  raw: Readonly<Record<string, unknown>>;
}

/** How much of one resource is in use. */
export interface PlatformLoad {
  /** The amount allocated to sessions. */
  requested?: number | undefined;
  /** The total capacity, not what is free (the Skaha API calls it "available"). */
  capacity?: number | undefined;
  /** Never below 0. */
  free?: number | undefined;
  /** Requested over capacity; above 1 when a quota was borrowed. */
  load?: number | undefined;
}

/**
 * Reads the platform's load in the shapes that old and new servers send.
 *
 * @param value - the reply of `GET /session?view=stats`
 */
export function readStats(value: unknown): PlatformStats {
  const raw = isRecord(value) ? value : {};
  const cores = isRecord(raw['cores']) ? raw['cores'] : {};
  const ram = isRecord(raw['ram']) ? raw['ram'] : {};
  return {
    cores: {
      ...load(
        finite(cores['requestedCPUCores']),
        finite(cores['cpuCoresAvailable'] ?? cores['coresAvailable']),
      ),
      largestSession:
        largest(cores['maxCPUCores'], 'cpuCores', 'withRam') ??
        largest(raw['maxCores'], 'cores', 'withRam'),
    },
    memoryGiB: {
      ...load(memory(ram['requestedRAM']), memory(ram['ramAvailable'])),
      largestSession:
        largest(ram['maxRAM'], 'withCPUCores', 'ram') ?? largest(raw['maxRAM'], 'withCores', 'ram'),
    },
    instances: instances(raw['instances']),
    raw,
  };
}

function load(requested: number | undefined, capacity: number | undefined): PlatformLoad {
  if (requested === undefined || capacity === undefined) return { requested, capacity };
  return {
    requested,
    capacity,
    free: round(Math.max(0, capacity - requested), 3),
    load: capacity > 0 ? requested / capacity : undefined,
  };
}

function largest(value: unknown, coresField: string, memoryField: string) {
  if (!isRecord(value)) return undefined;
  const cores = finite(value[coresField]);
  const memoryGiB = memory(value[memoryField]);
  return cores === undefined || memoryGiB === undefined ? undefined : { cores, memoryGiB };
}

function instances(value: unknown): PlatformStats['instances'] {
  if (!isRecord(value)) return undefined;
  const [session, desktopApp, headless, total] = [
    finite(value['session']),
    finite(value['desktopApp']),
    finite(value['headless']),
    finite(value['total']),
  ];
  if (session === undefined || desktopApp === undefined) return undefined;
  if (headless === undefined || total === undefined) return undefined;
  return { session, desktopApp, headless, total };
}

function memory(value: unknown): number | undefined {
  const gibibytes = parseMemoryGiB(value, 'decimal');
  return gibibytes === undefined ? undefined : round(gibibytes, 3);
}

/** A number, or its text. */
function finite(value: unknown): number | undefined {
  const text = presentText(value);
  const number = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}
