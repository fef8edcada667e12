export type { Clock } from '@skaha/base/clock.js';
export type { LogFields, Logger } from '@skaha/base/logger.js';
export type {
  KnownSessionKind,
  RequestedKind,
  SessionKind,
  SessionStatus,
  UnlistedKind,
} from '@skaha/wire/kinds.js';
export { type CommandSignal, commandSignals } from '@skaha/wire/session-commands.js';
export { isFailed, isFinished } from '@skaha/wire/status.js';
export { unfinishedBytes } from './client/body.js';
export type { CallOptions, RetryNotice, SkahaClientOptions } from './client/options.js';
export type { ClientRequest, ClientResponse } from './client/request.js';
export { type ClientHolder, ClientPart, type ClientSource } from './client/source.js';
export { type ConnectionSummary, SkahaClient } from './client.js';
export { Context } from './context.js';
export {
  type ErrorCode,
  type ErrorDocument,
  errorCodes,
  type FailedItem,
  isSkahaError,
  PartialError,
  SkahaError,
  type SkahaErrorOptions,
  ValidationError,
  type ValidationIssue,
} from './errors/index.js';
export {
  type ChunkOptions,
  chunk,
  chunkAsync,
  type PartOptions,
  stripe,
  stripeAsync,
} from './helpers/distributed.js';
export { type ImageOptions, Images } from './images.js';
export { type Availability, readAvailability } from './models/availability.js';
export type { Capability } from './models/capabilities.js';
export { type SessionEvent, sortEvents } from './models/events.js';
export {
  completeImage,
  type ImageInfo,
  type ImageReference,
  parseImageReference,
} from './models/image.js';
export { endOf, reasonOf, type SessionEnd, type SessionReason } from './models/reason.js';
export type { ResourceRange, Resources } from './models/resources.js';
export {
  type PublicSession,
  readSession,
  type SessionInfo,
  type SessionRequest,
  type SessionUse,
} from './models/session.js';
export type { PlatformLoad, PlatformStats } from './models/stats.js';
export { Overview } from './overview.js';
export type { ConnectionOptions, StorageAddress } from './runtime/types.js';
export type { DesktopApps } from './session/apps.js';
export type { ExecOptions, ExecOutput, RunningCommand, TerminalSize } from './session/exec.js';
export { imageKinds, usualImage } from './session/image-choice.js';
export { checkCreate, planCreate, platformSizes } from './session/plan.js';
export { type ReadScript, readScript, scriptCommand } from './session/script.js';
export { Session } from './session/session.js';
export { changesBetween, hasChanged, type Snapshot, snapshot } from './session/snapshot.js';
export type {
  ConnectableSession,
  ConnectOptions,
  CreateAppOptions,
  CreatedApp,
  CreatedSession,
  CreateOptions,
  CreatePlan,
  CreateResult,
  DestroyedSession,
  DestroyOptions,
  DestroyWithOptions,
  DestroyWithResult,
  FetchOptions,
  FollowOptions,
  PageLink,
  PlannedRequest,
  PollOptions,
  RegistryCredential,
  RenewedSession,
  SessionChange,
  SessionEvents,
  SessionLog,
  SessionSelection,
  WaitOptions,
} from './session/types.js';
export { version } from './version.js';
