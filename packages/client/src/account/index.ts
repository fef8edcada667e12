export type { Verification } from '../auth/oidc/index.js';
export type { DiscoveredServer, Discovery } from '../discovery/discover.js';
export {
  builtInProviders,
  type IdentityProvider,
  type RegistryReport,
  type RegistrySource,
  type SkippedServer,
} from '../discovery/index.js';
export type { Endpoint } from '../discovery/registry-document.js';
export { activate, useCredential, useServer } from './activate.js';
export type { ActivateOptions, Activation } from './choose.js';
export type { CredentialState } from './credential-state.js';
export {
  type CredentialSummary,
  listCredentials,
  purgeCredentials,
  type RemovedCredential,
  type RemoveOptions,
  removeCredential,
} from './credentials.js';
export type { ServerDefaults } from './examine.js';
export { login } from './login.js';
export type { LoginMethod, LoginOptions, LoginResult } from './login-options.js';
export { listProviders, type ProviderSummary } from './providers.js';
export {
  type DiscoveredServers,
  type DiscoverServersOptions,
  discoverServers,
  type ListServersOptions,
  listServers,
  type ServerSummary,
} from './servers.js';
export { type FindStorageOptions, findStorage } from './storage.js';
export type { AccountOptions } from './tools.js';
