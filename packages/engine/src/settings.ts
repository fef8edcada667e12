import type { CatalogueImage } from './images/catalogue.js';
import type { Oddity } from './oddities.js';
import type { Capacity, UserShare } from './sessions/capacity.js';

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
}

/**
 * What may be asked for where one session can have this much: what the configuration leaves open
 * follows from it.
 *
 * @param most - infinity where that is not known
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

/** What clients may take of the server. */
export interface ServerBounds {
  /** Connections at a time. */
  readonly connections: number;
  /** From the first byte to the end of a handshake. */
  readonly handshakeMs: number;
  /** For the head of a request, and for the first request on a connection. */
  readonly headMs: number;
  /** For a whole request, its body included. */
  readonly requestMs: number;
  /** In which nothing of a reply moves, because the client does not read it. */
  readonly stallMs: number;
}

/** A version of the API. */
export type ApiVersion = 'v0' | 'v1';

/** What the storage service gives. */
export interface StorageSettings {
  /** Bytes that a home may take. */
  readonly homeBytes: number;
}

/** A directory that several users share. */
export interface ProjectSettings {
  readonly name: string;
  /** Undefined: everybody. */
  readonly users: readonly string[] | undefined;
}

/** The settings of the engine, with every default filled in. */
export interface EngineSettings {
  readonly limits: Limits;
  readonly lifetimes: Lifetimes;
  readonly capacity: Capacity;
  /** What the running sessions of one user may hold together; infinity where nothing is set. */
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
