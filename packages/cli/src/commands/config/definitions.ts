import { argument, defineCommand, documentOf, flag, required } from '../../command.js';

export const configShowCommand = defineCommand({
  description:
    'Shows everything in the configuration file. With --show-origin it also shows values from variables and defaults, and where each setting comes from. Tokens and secrets are replaced by asterisks unless --show-secrets is given.',
  options: {
    showOrigin: flag('one line per setting, with its origin: file, environment or default'),
    showSecrets: flag('show tokens and secrets as they are'),
  },
  ...documentOf(),
  examples: {
    'skaha config show': 'all settings',
    'skaha config show --json': 'for a program',
    'skaha config show --show-origin': 'which values apply, and why',
  },
  exitCodes: { 1: 'the file cannot be read or is not valid' },
});

export const configGetCommand = defineCommand({
  description:
    'Shows one setting, or all settings below a key. Keys are separated by dots; put a key that contains dots in double quotes. Tokens and secrets are replaced by asterisks unless --show-secrets is given.',
  arguments: [required('key', 'KEY', 'for example servers.local.url')],
  options: { showSecrets: flag('show tokens and secrets as they are') },
  ...documentOf(),
  examples: {
    'skaha config get active': 'the name of the active context',
    'skaha config get servers.local': 'everything about one server',
    [`skaha config get 'registries."images.canfar.net".username'`]: 'a key with dots in it',
  },
  exitCodes: { 1: 'the file cannot be read or is not valid', 2: 'there is no such setting' },
});

export const configSetCommand = defineCommand({
  description:
    'Changes settings: all of them, or none if the result would not be valid. Values are YAML: 130 is a number, false a boolean, [a, b] a list, and null removes the setting. Secrets are not accepted on the command line, where others could see them: give - as the value, and the secret on standard input.',
  arguments: [
    required('words', 'KEY VALUE | KEY=VALUE', 'one key and its value, or several joined by =', {
      many: true,
    }),
  ],
  options: { string: flag('treat values as text, not as YAML') },
  examples: {
    'skaha config set active canfar': 'use this context from now on',
    'skaha config set contexts.night.server=canfar contexts.night.credential=cadc':
      'two at once: a new context',
    [`skaha config set 'registries."r.example.org".username=ada' 'registries."r.example.org".secret=-' < secret.txt`]:
      'credentials of a registry, the secret from a file',
  },
  exitCodes: {
    1: 'the file cannot be read or written, or is not valid',
    2: 'a key or value is not valid; nothing was changed',
  },
});

export const configPathCommand = defineCommand({
  description:
    'Shows the path of the configuration file, whether or not it exists: --config, otherwise SKAHA_CONFIG, otherwise skaha/config.yaml in XDG_CONFIG_HOME or in ~/.config.',
  ...documentOf(),
  standalone: true,
  examples: {
    'skaha config path': 'the file in use',
    'cat "$(skaha config path)"': 'its contents',
  },
});

export const configValidateCommand = defineCommand({
  description:
    'Checks a configuration file: its syntax, its settings, and the names by which settings refer to each other. Reports each mistake with its line. Changes nothing.',
  arguments: [argument('file', 'FILE', 'check this file instead of the one in use')],
  options: { strict: flag('treat warnings, such as an unknown key, as errors') },
  ...documentOf('path exists valid warnings'),
  examples: {
    'skaha config validate': 'the file in use',
    'skaha config validate --strict ./config.yaml': 'another file, strictly',
  },
  exitCodes: { 1: 'the file is not valid, or --strict was given and there are warnings' },
});

export const configUnsetCommand = defineCommand({
  description:
    'Removes settings: all of them, or none if the result would not be valid. Everything below a key is removed with it.',
  arguments: [required('keys', 'KEY', 'for example contexts.night', { many: true })],
  examples: {
    'skaha config unset contexts.night': 'remove a context',
    [`skaha config unset 'registries."r.example.org"'`]: 'a key with dots in it',
  },
  exitCodes: {
    1: 'the file cannot be read or written, or is not valid',
    2: 'there is no such setting, or other settings need it; nothing was changed',
  },
});

export const configEditCommand = defineCommand({
  description:
    'Opens a private copy of the configuration file in your editor (VISUAL, otherwise EDITOR, otherwise vi), and replaces the file if the copy is valid. If it is not, you can edit it again, or discard it and leave the file as it was. Also works if the file is broken.',
  standalone: true,
  examples: {
    'skaha config edit': 'with the usual editor',
    'EDITOR=nano skaha config edit': 'with another one',
  },
  exitCodes: {
    1: 'the result is not valid, the editor failed, or the file cannot be written',
    3: 'no editor is set, and questions cannot be asked',
  },
});

export const configImportCommand = defineCommand({
  description:
    'Imports the settings of the Python clients: logins, servers, which of them are active, image registry and console. Reads ~/.canfar/config.yaml first, then whatever is only in ~/.skaha/config.yaml; both files stay as they are. Settings that already exist here are kept unless --force is given. Reports what was imported and what was not, and shows no secrets.',
  arguments: [argument('file', 'FILE', 'read this file instead of those two')],
  options: {
    force: flag('replace settings of the same name', { short: 'f' }),
    dryRun: flag('change nothing, only report'),
  },
  ...documentOf('files changed dry_run items'),
  examples: {
    'skaha config import --dry-run': 'see what would be imported',
    'skaha config import': 'import it',
    'skaha config import ~/backup/config.yaml --json': 'another file, for a program',
  },
  exitCodes: {
    1: 'there is no such file, it cannot be read, or the configuration cannot be changed',
  },
});
