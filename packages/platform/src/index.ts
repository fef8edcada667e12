/**
 * A CANFAR Science Platform on your own machine: it speaks the Skaha API and really runs sessions.
 *
 * @packageDocumentation
 */

export type { Clock } from '@skaha/base/clock.js';
export { type LogFields, type Logger, type LogLevel, logLevels } from '@skaha/base/logger.js';
export {
  type Fault,
  type FaultKind,
  type FaultMatch,
  type IdentityFaultKind,
  identityFaultKinds,
  type PlainFaultKind,
} from '@skaha/engine/faults/fault.js';
export type { FaultControl } from '@skaha/engine/faults/faults.js';
export { type FaultForm, faultForms, parseFault } from '@skaha/engine/faults/parse-fault.js';
export type { LoggedRequest } from '@skaha/engine/faults/request-log.js';
export type { RunnerDescription } from '@skaha/engine/ports/runner.js';
export type { Capacity } from '@skaha/engine/sessions/capacity.js';
export type {
  CapabilitiesControls,
  CertificateControls,
  IdentityControls,
  OidcControls,
  PollingOutcome,
  RegistryControls,
} from '@skaha/identity/controls.js';
export type { PlatformUser } from '@skaha/identity/identities.js';
export { hashPassword } from '@skaha/identity/passwords.js';
export type { PlatformIdentity } from '@skaha/identity/services.js';
export { platformConfigFile, platformLogFile } from '@skaha/service/data.js';
export { PlatformError, type PlatformErrorCode } from '@skaha/service/errors.js';
export { jsonLogger, lineLogger } from '@skaha/service/logger.js';
export { checkConfig, prepareConfig } from './config/file.js';
export { configSchema, type PlatformConfig } from './config/schema.js';
export { describePlatform, stopPlatform } from './control/client.js';
export { type DetachedOptions, startDetached } from './control/detached.js';
export type { DiskUsage } from './control/disk-usage.js';
export {
  clearFaults,
  type FaultCallOptions,
  listFaults,
  setFault,
} from './control/fault-client.js';
export { resetPlatform } from './control/reset.js';
export { startPlatform } from './platform.js';
export { runnerNames } from './runner-names.js';
export { type KeptDatabase, keptDatabase } from './store.js';
export type {
  Platform,
  PlatformDescription,
  PlatformOptions,
  SessionsAtStop,
  StoreDescription,
} from './types.js';
