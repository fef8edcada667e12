import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { Fault } from '../faults/fault.js';
import type { Faults } from '../faults/faults.js';
import type { Catalogue } from '../images/catalogue.js';
import type { HomeCredentials } from '../orchestration/home-credentials.js';
import type { Orchestrator } from '../orchestration/orchestrator.js';
import type { Identity } from '../ports/identity.js';
import { limitsWithin } from '../sessions/bounds.js';
import type { ApiVersion, EngineSettings, Limits, LimitsFor } from '../settings.js';
import type { StorageService } from '../vospace/service.js';
import type { CallbackTokens } from './callback-tokens.js';
import type { PageTokens } from './page-tokens.js';
import type { SessionLists } from './resources/session-list.js';

/** What the resources of a platform work with. */
export interface Site {
  readonly orchestrator: Orchestrator;
  /** The cache for lists of sessions. */
  readonly lists: SessionLists;
  readonly identity: Identity;
  readonly storage: StorageService;
  readonly catalogue: Catalogue;
  readonly settings: EngineSettings;
  /** What a session may request, if the runner has limits of its own. */
  readonly limitsFor: LimitsFor;
  readonly pageTokens: PageTokens;
  /** Tokens with which a running desktop calls back. */
  readonly callbackTokens: CallbackTokens;
  readonly registryHosts: readonly string[];
  readonly faults: Faults;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the owner should know about this start. */
  readonly notices: readonly string[];
  readonly homeCredentials: HomeCredentials;
  ensureHome(user: string): void;
}

/** What a session may request now. */
export function limitsOf({ settings, limitsFor, orchestrator }: Site): Limits {
  const { bounds } = orchestrator.admission;
  if (bounds === undefined) return settings.limits;
  return limitsWithin(limitsFor({ ...bounds.most, gpus: bounds.gpus }), bounds);
}

/** An authorised request to a versioned resource. */
export interface Call {
  readonly site: Site;
  readonly request: IncomingMessage;
  readonly method: string;
  /** The version of the API that it uses. */
  readonly api: ApiVersion;
  readonly user: string;
  /** Path segments after the name of the resource, decoded. */
  readonly path: readonly string[];
  /** Query string without its question mark. */
  readonly query: string;
  /** Scheme, host and port as the caller sees them. */
  readonly origin: string;
  /** Faults that affect this request. */
  readonly faults: readonly Fault[];
}
