/**
 * The Skaha API on the wire: what a server sends and a client receives.
 * Both the client library and the local platform build on these schemas.
 *
 * @packageDocumentation
 */
export {
  type KnownSessionKind,
  type KnownSessionStatus,
  type SessionKind,
  type SessionStatus,
  sessionKinds,
  sessionStatuses,
} from '@skaha/wire/kinds.js';
export {
  type ImageWire,
  imageWireSchema,
  type ResourcesWire,
  resourcesWireSchema,
  type SessionWire,
  type StatsWire,
  sessionWireSchema,
  statsWireSchema,
} from '@skaha/wire/schemas.js';
