import { defineCommand } from '../../command.js';
import type {
  ConfigGetOptions,
  ConfigImportOptions,
  ConfigSetOptions,
  ConfigShowOptions,
  ConfigUnsetOptions,
  ConfigValidateOptions,
} from './run.js';

export const configShowCommand = defineCommand<ConfigShowOptions>({
  description:
    'Shows everything in the configuration file. With --show-origin it also shows values from variables and defaults, and where each setting comes from. Tokens and secrets are replaced by asterisks unless --show-secrets is given.',
  options: {
    showOrigin: {
      type: 'boolean',
      help: 'one line per setting, with its origin: file, environment or default',
    },
    showSecrets: { type: 'boolean', help: 'show tokens and secrets as they are' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha config show', help: 'all settings' },
    { command: 'skaha config show --json', help: 'for a program' },
    { command: 'skaha config show --show-origin', help: 'which values apply, and why' },
  ],
  exitCodes: { 1: 'the file cannot be read or is not valid' },
  load: () => import('./run.js').then((module) => module.runConfigShow),
});

export const configGetCommand = defineCommand<ConfigGetOptions, 'key'>({
  description:
    'Shows one setting, or all settings below a key. Keys are separated by dots; put a key that contains dots in double quotes. Tokens and secrets are replaced by asterisks unless --show-secrets is given.',
  arguments: [{ key: 'key', value: 'KEY', help: 'for example servers.local.url', required: true }],
  options: {
    showSecrets: { type: 'boolean', help: 'show tokens and secrets as they are' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha config get active', help: 'the name of the active context' },
    { command: 'skaha config get servers.local', help: 'everything about one server' },
    {
      command: `skaha config get 'registries."images.canfar.net".username'`,
      help: 'a key with dots in it',
    },
  ],
  exitCodes: { 1: 'the file cannot be read or is not valid', 2: 'there is no such setting' },
  load: () => import('./run.js').then((module) => module.runConfigGet),
});

export const configSetCommand = defineCommand<ConfigSetOptions, 'words'>({
  description:
    'Changes settings: all of them, or none if the result would not be valid. Values are YAML: 130 is a number, false a boolean, [a, b] a list, and null removes the setting. Secrets are not accepted on the command line, where others could see them: give - as the value and the secret on standard input.',
  arguments: [
    {
      key: 'words',
      value: 'KEY VALUE | KEY=VALUE',
      help: 'one key and its value, or several joined by =',
      required: true,
      many: true,
    },
  ],
  options: {
    string: { type: 'boolean', help: 'treat values as text, not as YAML' },
  },
  examples: [
    { command: 'skaha config set active canfar', help: 'use this context from now on' },
    {
      command: 'skaha config set contexts.night.server=canfar contexts.night.credential=cadc',
      help: 'two at once: a new context',
    },
    {
      command: `skaha config set 'registries."r.example.org".username=ada' 'registries."r.example.org".secret=-' < secret.txt`,
      help: 'credentials of a registry, the secret from a file',
    },
  ],
  exitCodes: {
    1: 'the file cannot be read or written, or is not valid',
    2: 'a key or value is not valid; nothing was changed',
  },
  load: () => import('./run.js').then((module) => module.runConfigSet),
});

export const configPathCommand = defineCommand<Record<never, never>>({
  description:
    'Shows the path of the configuration file, whether or not it exists: --config, otherwise SKAHA_CONFIG, otherwise skaha/config.yaml in XDG_CONFIG_HOME or in ~/.config.',
  options: {},
  formats: ['json', 'yaml'],
  standalone: true,
  examples: [
    { command: 'skaha config path', help: 'the file in use' },
    { command: 'cat "$(skaha config path)"', help: 'its contents' },
  ],
  load: () => import('./run.js').then((module) => module.runConfigPath),
});

export const configValidateCommand = defineCommand<ConfigValidateOptions, 'file'>({
  description:
    'Checks a configuration file: its syntax, its settings, and the names by which settings refer to each other. Says what is wrong and on which line. Changes nothing.',
  arguments: [{ key: 'file', value: 'FILE', help: 'check this file instead of the one in use' }],
  options: {
    strict: {
      type: 'boolean',
      help: 'treat warnings, such as an unknown key, as errors',
    },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['path', 'exists', 'valid', 'warnings'] },
  examples: [
    { command: 'skaha config validate', help: 'the file in use' },
    { command: 'skaha config validate --strict ./config.yaml', help: 'another file, strictly' },
  ],
  exitCodes: { 1: 'the file is not valid, or --strict was given and there are warnings' },
  load: () => import('./run.js').then((module) => module.runConfigValidate),
});

export const configUnsetCommand = defineCommand<ConfigUnsetOptions, 'keys'>({
  description:
    'Removes settings: all of them, or none if the result would not be valid. Everything below a key is removed with it.',
  arguments: [
    { key: 'keys', value: 'KEY', help: 'for example contexts.night', required: true, many: true },
  ],
  options: {},
  examples: [
    { command: 'skaha config unset contexts.night', help: 'remove a context' },
    { command: `skaha config unset 'registries."r.example.org"'`, help: 'a key with dots in it' },
  ],
  exitCodes: {
    1: 'the file cannot be read or written, or is not valid',
    2: 'there is no such setting, or other settings need it; nothing was changed',
  },
  load: () => import('./run.js').then((module) => module.runConfigUnset),
});

export const configEditCommand = defineCommand<Record<never, never>>({
  description:
    'Opens a private copy of the configuration file in your editor (VISUAL, otherwise EDITOR, otherwise vi), and replaces the file if the copy is valid. If it is not, you can edit it again, or discard it and leave the file as it was. Also works if the file is broken.',
  options: {},
  standalone: true,
  examples: [
    { command: 'skaha config edit', help: 'with the usual editor' },
    { command: 'EDITOR=nano skaha config edit', help: 'with another one' },
  ],
  exitCodes: {
    1: 'the result is not valid, the editor failed, or the file cannot be written',
    3: 'no editor is set, and questions cannot be asked',
  },
  load: () => import('./run.js').then((module) => module.runConfigEdit),
});

export const configImportCommand = defineCommand<ConfigImportOptions, 'file'>({
  description:
    'Imports the settings of the Python clients: logins, servers, which of them are active, image registry and console. Reads ~/.canfar/config.yaml first, then whatever is only in ~/.skaha/config.yaml; both files stay as they are. Settings that already exist here are kept unless --force is given. Reports what was imported and what was not, and shows no secrets.',
  arguments: [{ key: 'file', value: 'FILE', help: 'read this file instead of those two' }],
  options: {
    force: { type: 'boolean', short: 'f', help: 'replace settings of the same name' },
    dryRun: { type: 'boolean', help: 'change nothing, only report' },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['files', 'changed', 'dry_run', 'items'] },
  examples: [
    { command: 'skaha config import --dry-run', help: 'see what would be imported' },
    { command: 'skaha config import', help: 'import it' },
    {
      command: 'skaha config import ~/backup/config.yaml --json',
      help: 'another file, for a program',
    },
  ],
  exitCodes: {
    1: 'there is no such file, it cannot be read, or the configuration cannot be changed',
  },
  load: () => import('./run.js').then((module) => module.runConfigImport),
});
