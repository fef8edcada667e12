/**
 * A CANFAR Science Platform on your own machine: it speaks the Skaha API and really runs sessions.
 *
 * @packageDocumentation
 */
export type { Clock } from './clock.js';
export type { PlatformConfig } from './config/schema.js';
export { describePlatform, stopPlatform } from './control/client.js';
export { type DetachedOptions, startDetached } from './control/detached.js';
export { resetPlatform } from './control/reset.js';
export { platformLogFile } from './data.js';
export { PlatformError, type PlatformErrorCode } from './errors.js';
export type { Fault, FaultControl, FaultKind, FaultMatch } from './faults/faults.js';
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
export { type Logger, lineLogger } from './logger.js';
export { startPlatform } from './platform.js';
export type {
  Platform,
  PlatformDescription,
  PlatformOptions,
  SessionsAtStop,
} from './types.js';
