import { type ResourcesWire, resourcesWireSchema } from '@skaha/wire/schemas.js';
import { SkahaError } from '../errors/index.js';

/** The resources that sessions may request on one platform. */
export interface Resources {
  cores: ResourceRange;
  memoryGiB: ResourceRange;
  /** Empty if the platform offers no GPUs. */
  gpus: { options: readonly number[] };
  /** How many interactive sessions one user may have at a time; undefined on old servers. */
  maxInteractiveSessions?: number | undefined;
  /** The unchanged reply. */
  raw: Readonly<Record<string, unknown>>;
}

/** The range of one resource. */
export interface ResourceRange {
  /** The value that forms preselect. */
  default: number;
  /** What a session with flexible resources is guaranteed. */
  defaultRequest: number;
  /** What a session with flexible resources may use at most. */
  defaultLimit: number;
  /** The values that may be requested, in ascending order. */
  options: readonly number[];
}

/**
 * Reads what may be requested.
 *
 * @param value - the reply of `GET /context`
 * @throws {SkahaError} `response.invalid` if it is something else
 */
export function readResources(value: unknown): Resources {
  const parsed = resourcesWireSchema.safeParse(value);
  if (!parsed.success) {
    throw new SkahaError(
      'response.invalid',
      'The server described what may be requested in a form that this version does not understand.',
      { hint: 'Check the address of the server, or update this program.', cause: parsed.error },
    );
  }
  const wire = parsed.data;
  return {
    cores: range(wire.cores),
    memoryGiB: range(wire.memoryGB),
    gpus: { options: ascending(wire.gpus.options) },
    maxInteractiveSessions: limit(wire.maxInteractiveSessions),
    raw: wire,
  };
}

function range(wire: ResourcesWire['cores']): ResourceRange {
  return {
    default: wire.default,
    defaultRequest: wire.defaultRequest,
    defaultLimit: wire.defaultLimit,
    options: ascending(wire.options),
  };
}

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

function limit(value: number | string | undefined): number | undefined {
  const number = Number(value ?? Number.NaN);
  return Number.isSafeInteger(number) ? number : undefined;
}
