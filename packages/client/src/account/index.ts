export type { CertificateFile } from '../auth/certificate.js';
export { certificateReader, readAuthorities } from '../auth/certificate.js';
export type { Verification } from '../auth/oidc/index.js';
export type { TokenFile } from '../auth/token.js';
export { tokenReader } from '../auth/token.js';
export type { ServerLimits } from '../config/schema.js';
export type { DiscoveredServer, Discovery } from '../discovery/discover.js';
export {
  builtInProviders,
  type IdentityProvider,
  identityProvider,
  identityProviders,
  offeredModes,
  type RegistryReport,
  type RegistrySource,
  type ServerCapabilities,
  type SkippedServer,
  serverName,
} from '../discovery/index.js';
export type { Endpoint } from '../discovery/registry-document.js';
export type { ClientCertificate, Credential } from '../runtime/types.js';
export { activate, useCredential, useServer } from './activate.js';
export { type AskServerOptions, askRegistries, askServer } from './ask.js';
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
export {
  type LimitsOptions,
  limitIssues,
  limitsOf,
  type SavedLimits,
  savedLimits,
} from './limits.js';
export { login } from './login.js';
export type { LoginMethod, LoginOptions, LoginResult } from './login-options.js';
export { listProviders, type ProviderSummary } from './providers.js';
export { readCredential, type ServerRoute, type ShownCredential, serverRoute } from './route.js';
export {
  type DiscoveredServers,
  type DiscoverServersOptions,
  discoverServers,
  type ListServersOptions,
  listServers,
  type ServerSummary,
  saveServers,
} from './servers.js';
export { stagedLogin } from './staged-login.js';
export { type FindStorageOptions, findStorage } from './storage.js';
export type { AccountOptions } from './tools.js';
