/**
 * A CANFAR Science Platform on your own machine: it speaks the Skaha API and really runs sessions.
 *
 * @packageDocumentation
 */
export type { Clock } from './clock.js';
export { checkConfig, prepareConfig } from './config/file.js';
export type { PlatformConfig } from './config/schema.js';
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
export { platformConfigFile, platformLogFile } from './data.js';
export { PlatformError, type PlatformErrorCode } from './errors.js';
export type { Fault, FaultKind, FaultMatch } from './faults/fault.js';
export type { FaultControl } from './faults/faults.js';
export type { IdentityFaultKind } from './faults/identity-faults.js';
export { type FaultForm, faultForms, parseFault } from './faults/parse-fault.js';
export type { LoggedRequest } from './faults/request-log.js';
export type {
  CapabilitiesControls,
  CertificateControls,
  IdentityControls,
  OidcControls,
  PollingOutcome,
  RegistryControls,
} from './identity/controls.js';
export type { PlatformUser } from './identity/identities.js';
export { hashPassword } from './identity/passwords.js';
export type { PlatformIdentity } from './identity/services.js';
export { jsonLogger, type LogFields, type Logger, type LogLevel, lineLogger } from './logger.js';
export { startPlatform } from './platform.js';
export type { RunnerChoice } from './runners/select.js';
export type { Capacity } from './sessions/scheduling.js';
export type {
  Platform,
  PlatformDescription,
  PlatformOptions,
  RunnerDescription,
  SessionsAtStop,
} from './types.js';
