export { addressProblem } from '@skaha/base/addresses.js';
export type { DiscoveryTools } from './anonymous.js';
export { chooseCapabilities, fetchCapabilities, type ServerCapabilities } from './capabilities.js';
export { findCredentialService } from './credential-service.js';
export { type DiscoverOptions, type Discovery, discover, type SkippedServer } from './discover.js';
export { mergeServers } from './merge.js';
export { isDevelopment, isOmitted, serverName } from './names.js';
export {
  builtInProviders,
  type IdentityProvider,
  identityProvider,
  identityProviders,
  knownProvider,
  offeredModes,
  type RegistrySource,
} from './providers.js';
export { askRegistries, type RegistryReport } from './registries.js';
export {
  parseRegistry,
  platformEndpoints,
  storageEndpoints,
} from './registry-document.js';
