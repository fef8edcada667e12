import type { CatalogueImage } from './images/catalogue.js';
import type { Oddity } from './oddities.js';
import type { Capacity, UserShare } from './sessions/capacity.js';

/** How much of a resource may be requested, in its unit (cores or GiB). */
export interface QuantityLimits {
  readonly default: number;
  readonly defaultLimit: number;
  readonly options: readonly number[];
  readonly defaultRequest: number;
}

/** What may be requested: the content of `GET /context`. */
export interface Limits {
  readonly cores: QuantityLimits;
  readonly memoryGiB: QuantityLimits;
  readonly gpus: readonly number[];
  readonly maxInteractiveSessions: number;
}

/**
 * What may be requested if a session can have this much; limits that the configuration leaves open
 * follow from it.
 *
 * @param most - infinity if that is not known
 */
export type LimitsFor = (most: Capacity & { readonly gpus: number | undefined }) => Limits;

/** How long things last. */
export interface Lifetimes {
  readonly interactiveSeconds: number;
  readonly headlessSeconds: number;
  readonly keepInteractiveSeconds: number;
  readonly keepHeadlessSeconds: number;
  readonly stopGraceMs: number;
}

/** Limits for connections and requests of clients. */
export interface ServerBounds {
  /** Open connections at the same time. */
  readonly connections: number;
  /** From the first byte to the end of a handshake. */
  readonly handshakeMs: number;
  /** For the head of a request, and for the first request on a connection. */
  readonly headMs: number;
  /** For a whole request including its body. */
  readonly requestMs: number;
  /** How long a reply may stall because the client does not read it. */
  readonly stallMs: number;
}

/** A version of the API. */
export type ApiVersion = 'v0' | 'v1';

/** Settings of the storage service. */
export interface StorageSettings {
  /** Quota of a home, in bytes. */
  readonly homeBytes: number;
}

/** A directory that several users share. */
export interface ProjectSettings {
  readonly name: string;
  /** Undefined for everybody. */
  readonly users: readonly string[] | undefined;
}

/** The settings of the engine with all defaults. */
export interface EngineSettings {
  readonly limits: Limits;
  readonly lifetimes: Lifetimes;
  readonly capacity: Capacity;
  /** What the running sessions of a user may use together; infinity if nothing is set. */
  readonly perUser: UserShare;
  readonly server: ServerBounds;
  /** Oddities of the real server that are reproduced. */
  readonly oddities: ReadonlySet<Oddity>;
  readonly apiVersions: readonly ApiVersion[];
  /** Whether `view=stats` has the form of Skaha 1.1.4 and before. */
  readonly oldStats: boolean;
  readonly running: { readonly projects: readonly ProjectSettings[] };
  readonly storage: StorageSettings;
  readonly images: readonly CatalogueImage[];
}
