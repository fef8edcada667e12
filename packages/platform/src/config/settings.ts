import { availableParallelism, totalmem } from 'node:os';
import { type CatalogueImage, stableDigest } from '../images/catalogue.js';
import type { Capacity } from '../sessions/scheduling.js';
import { defaultImages } from './default-images.js';
import type { PlatformConfig } from './schema.js';

/** What one resource may be asked for, in its own unit (cores, or GiB). */
export interface QuantityLimits {
  readonly default: number;
  readonly defaultLimit: number;
  readonly options: readonly number[];
  readonly defaultRequest: number;
}

/** What may be asked for: the content of `GET /context`. */
export interface Limits {
  readonly cores: QuantityLimits;
  readonly memoryGiB: QuantityLimits;
  readonly gpus: readonly number[];
  readonly maxInteractiveSessions: number;
  readonly maxInteractiveSessionsAsText: boolean;
}

/** How long things last. */
export interface Lifetimes {
  readonly interactiveSeconds: number;
  readonly headlessSeconds: number;
  readonly keepInteractiveSeconds: number;
  readonly keepHeadlessSeconds: number;
  readonly stopGraceMs: number;
}

/** A user named in the configuration. */
export interface UserSettings {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly number[];
  readonly access: boolean;
  /** Hash of a password chosen in the configuration. */
  readonly password?: string | undefined;
}

/** The configuration with every default filled in. */
export interface Settings {
  readonly limits: Limits;
  readonly lifetimes: Lifetimes;
  readonly capacity: Capacity;
  readonly anonymousStatus: 400 | 401;
  readonly users: readonly UserSettings[];
  readonly images: readonly CatalogueImage[];
}

const gib = 2 ** 30;

/** Memory sizes offered on a machine that has them, in GiB. */
const memorySizes = [
  1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 26, 28, 30, 32, 36, 40, 44, 48, 56, 64, 80, 92, 112, 128,
  140, 170, 192,
];

const automatic = <Value>(value: Value | 'auto' | undefined, otherwise: Value): Value =>
  value === undefined || value === 'auto' ? otherwise : value;

/** Sessions run as the owner of the platform, whatever their user is called. */
export const ownUid = (): number => process.getuid?.() ?? 1000;

/** Fills a configuration with defaults, which follow from what the machine has. */
export function settle(config: PlatformConfig): Settings {
  const cores = automatic(config.capacity?.cores, availableParallelism());
  const memoryGiB = automatic(
    config.capacity?.memoryGiB,
    Math.max(1, Math.floor(totalmem() / gib)),
  );
  const lifetimes = config.lifetimes ?? {};
  return {
    limits: settleLimits(config.limits ?? {}, cores, memoryGiB),
    lifetimes: {
      interactiveSeconds: lifetimes.interactiveSeconds ?? 345_600,
      headlessSeconds: lifetimes.headlessSeconds ?? 1_209_600,
      keepInteractiveSeconds: lifetimes.keepInteractiveSeconds ?? 86_400,
      keepHeadlessSeconds: lifetimes.keepHeadlessSeconds ?? 3_600,
      stopGraceMs: lifetimes.stopGraceMs ?? 2_000,
    },
    capacity: { cores, memory: memoryGiB * gib },
    anonymousStatus: config.compatibility?.anonymousStatus ?? 401,
    users: (config.users ?? [{ name: 'guest' }]).map((user) => ({
      name: user.name,
      uid: user.uid ?? ownUid(),
      groups: user.groups ?? [],
      access: user.access ?? true,
      password: user.password,
    })),
    images: (config.images ?? defaultImages).map((image) => ({
      ...image,
      digest: image.digest ?? stableDigest(image.id),
    })),
  };
}

function settleLimits(
  limits: NonNullable<PlatformConfig['limits']>,
  cores: number,
  memoryGiB: number,
): Limits {
  const wholeCores = Math.max(1, Math.floor(cores));
  return {
    cores: settleQuantity(limits.cores ?? {}, {
      default: 1,
      defaultLimit: Math.min(8, wholeCores),
      options: Array.from({ length: Math.min(wholeCores, 256) }, (_, index) => index + 1),
      defaultRequest: Math.min(1, cores),
    }),
    memoryGiB: settleQuantity(limits.memoryGiB ?? {}, {
      default: 1,
      defaultLimit: Math.max(1, Math.min(32, Math.floor(memoryGiB))),
      options: memorySizes.filter((size) => size === 1 || size <= memoryGiB),
      defaultRequest: Math.min(1, memoryGiB),
    }),
    gpus: limits.gpus ?? [],
    maxInteractiveSessions: limits.maxInteractiveSessions ?? 5,
    maxInteractiveSessionsAsText: limits.maxInteractiveSessionsAsText ?? false,
  };
}

type QuantityConfig = NonNullable<NonNullable<PlatformConfig['limits']>['cores']>;

function settleQuantity(config: QuantityConfig, otherwise: QuantityLimits): QuantityLimits {
  return {
    default: automatic(config.default, otherwise.default),
    defaultLimit: automatic(config.defaultLimit, otherwise.defaultLimit),
    options: automatic(config.options, [...otherwise.options]),
    defaultRequest: automatic(config.defaultRequest, otherwise.defaultRequest),
  };
}
