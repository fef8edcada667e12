/**
 * The configuration file and its contexts, for programs. Needs Node's file system, so it is an
 * separate entry next to the isomorphic library.
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
  removeServer,
  useContext,
} from './contexts.js';
export {
  formatPath as formatSettingPath,
  masked as maskSettings,
  parsePath as parseSettingPath,
  type Segment,
} from './dotted.js';
export { type EffectiveSetting, effectiveSettings } from './effective-settings.js';
export {
  type EnvironmentSettings,
  type EnvironmentVariable,
  type ExaminedEnvironment,
  environmentVariables,
  examineEnvironment,
  readEnvironment,
} from './environment.js';
export { type FileText, readConfigurationText } from './file-text.js';
export type { ImportTools } from './import/found.js';
export {
  type ImportOptions,
  type ImportReport,
  importConfiguration,
  pythonFiles,
} from './import/import.js';
export type { ImportItem } from './import/merge.js';
export type { Foreign } from './import/python-file.js';
export { type PythonFile, readPythonFile } from './import/python-file.js';
export type { LockOptions } from './lock.js';
export {
  baseOf as configurationBase,
  configurationPath,
  type Environment,
  expandPath,
  homeDirectory,
} from './paths.js';
export { type UnknownSetting, unknownSetting } from './problems.js';
export {
  type ConfigurationSource,
  type LoadedConfiguration,
  loadConfiguration,
} from './read.js';
export type {
  Configuration,
  ContextEntry,
  CredentialEntry,
  LimitRange,
  OidcEntry,
  ProviderEntry,
  RegistryEntry,
  ServerEntry,
  ServerLimits,
  TokenEntry,
  X509Entry,
} from './schema.js';
export type { SecretStore } from './secret-store.js';
export type { KeyringOptions } from './secrets.js';
export { type Assignment, changeSettings, parseSettingValue, readSetting } from './settings.js';
export { unknownContext } from './unknown-context.js';
export {
  type Replacement,
  replaceConfiguration,
  type UpdateOptions,
  updateConfiguration,
} from './write.js';
