import { defineCommand } from '../../command.js';
import type { RegistryLoginOptions, RegistryLogoutOptions } from './run.js';

export const registryLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the private image registries whose credentials are saved. Secrets are never shown.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['host', 'username'] },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha registry ls', help: 'hosts and user names' },
    { command: 'skaha registry ls --json', help: 'the same, for a program' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./run.js').then((module) => module.runRegistryLs),
});

export const registryLoginCommand = defineCommand<RegistryLoginOptions, 'host'>({
  description:
    'Saves the user name and secret for a private image registry. They are sent only when a session is created from an image of that host. Nothing is sent now. For CANFAR the secret is the CLI secret in your user profile at images.canfar.net.',
  arguments: [{ key: 'host', value: 'HOST', help: 'the registry (default: images.canfar.net)' }],
  options: {
    username: { type: 'string', short: 'u', value: 'NAME', help: 'user name for the registry' },
    secretStdin: {
      type: 'boolean',
      aliases: ['password-stdin'],
      help: 'read the secret from standard input',
    },
  },
  examples: [
    { command: 'skaha registry login', help: 'asks for user name and secret' },
    {
      command: 'skaha registry login images.canfar.net -u ada --secret-stdin < secret.txt',
      help: 'in a script',
    },
  ],
  exitCodes: {
    1: 'the configuration file cannot be changed',
    3: 'something is missing, and questions cannot be asked',
  },
  load: () => import('./run.js').then((module) => module.runRegistryLogin),
});

export const registryLogoutCommand = defineCommand<RegistryLogoutOptions, 'host'>({
  description:
    'Removes the saved user name and secret for a private image registry. Nothing is sent.',
  arguments: [{ key: 'host', value: 'HOST', help: 'the registry (default: images.canfar.net)' }],
  options: {},
  examples: [
    { command: 'skaha registry logout images.canfar.net', help: 'remove the secret' },
    { command: 'skaha registry ls', help: 'see what is saved first' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed' },
  load: () => import('./run.js').then((module) => module.runRegistryLogout),
});
