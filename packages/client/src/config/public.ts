/**
 * The configuration file and its contexts, for programs. Needs Node's file system, so it is an
 * entry of its own beside the isomorphic library.
 *
 * @packageDocumentation
 */
export {
  addContext,
  type ContextOptions,
  type ContextSummary,
  listContexts,
  type NewContext,
  removeContext,
  useContext,
} from './contexts.js';
export { type EnvironmentVariable, environmentVariables } from './environment.js';
export type { LockOptions } from './lock.js';
export { configurationPath, type Environment } from './paths.js';
export { type ConfigurationSource, type LoadedConfiguration, loadConfiguration } from './read.js';
export type { Configuration, ContextEntry, CredentialEntry, ServerEntry } from './schema.js';
export type { SecretStore } from './secret-store.js';
export type { KeyringOptions } from './secrets.js';
export { type UpdateOptions, updateConfiguration } from './write.js';
