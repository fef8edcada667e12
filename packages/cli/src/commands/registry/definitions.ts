import { argument, defineCommand, flag, listOf, text } from '../../command.js';

export const registryLsCommand = defineCommand({
  description:
    'Lists the private image registries whose credentials are saved. Secrets are never shown.',
  ...listOf('host username'),
  examples: {
    'skaha registry ls': 'hosts and user names',
    'skaha registry ls --json': 'the same, for a program',
  },
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
});

export const registryLoginCommand = defineCommand({
  description:
    'Saves the user name and secret for a private image registry. They are sent only when you create a session from an image of that host, not now. For CANFAR the secret is the CLI secret in your user profile at images.canfar.net.',
  arguments: [argument('host', 'HOST', 'the registry (default: images.canfar.net)')],
  options: {
    username: text('NAME', 'user name for the registry', { short: 'u' }),
    secretStdin: flag('read the secret from standard input', { aliases: ['password-stdin'] }),
  },
  examples: {
    'skaha registry login': 'asks for user name and secret',
    'skaha registry login images.canfar.net -u ada --secret-stdin < secret.txt': 'in a script',
  },
  exitCodes: {
    1: 'the configuration file cannot be changed',
    3: 'something is missing, and questions cannot be asked',
  },
});

export const registryLogoutCommand = defineCommand({
  description:
    'Removes the saved user name and secret for a private image registry, without contacting it.',
  arguments: [argument('host', 'HOST', 'the registry (default: images.canfar.net)')],
  examples: {
    'skaha registry logout images.canfar.net': 'remove the secret',
    'skaha registry ls': 'see what is saved first',
  },
  exitCodes: { 1: 'the configuration file cannot be changed' },
});
