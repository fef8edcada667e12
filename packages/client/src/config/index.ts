export { type Change, changes } from './changes.js';
export {
  addContext,
  type ContextOptions,
  type ContextSummary,
  listContexts,
  type NewContext,
  removeContext,
  useContext,
} from './contexts.js';
export { formatPath, masked, parsePath, putAt, valueAt } from './dotted.js';
export {
  type EnvironmentSettings,
  type EnvironmentVariable,
  environmentVariables,
  examineEnvironment,
  readEnvironment,
  refuseUnverified,
} from './environment.js';
export { readConfigurationText } from './file-text.js';
export { type UnknownSetting, unknownSetting } from './known-settings.js';
export type { LockOptions } from './lock.js';
export { baseOf, configurationPath, type Environment, expandPath } from './paths.js';
export { type ConfigurationSource, type LoadedConfiguration, loadConfiguration } from './read.js';
export type {
  Configuration,
  ContextEntry,
  CredentialEntry,
  OidcEntry,
  ProviderEntry,
  ServerEntry,
  ServerLimits,
  TokenEntry,
} from './schema.js';
export { type Assignment, changeSettings, parseSettingValue, readSetting } from './settings.js';
export { unknownContext } from './unknown-context.js';
export {
  discardConfiguration,
  type Replacement,
  replaceConfiguration,
  type UpdateOptions,
  updateConfiguration,
} from './write.js';
