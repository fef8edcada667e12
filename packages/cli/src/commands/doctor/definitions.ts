import { defineCommand, itemsOf } from '../../command.js';

export const doctorCommand = defineCommand({
  description:
    'Looks for problems: the configuration file, the login and its expiry, the name of the server, its TLS certificate, whether it is available and accepts the login, the clock of this machine, and the registries that list servers. Each result is ok, warn or fail, with advice on what to do. Works even if you are logged out or the configuration is broken. Changes nothing.',
  ...itemsOf('check status message hint'),
  quiet: false,
  standalone: true,
  examples: {
    'skaha doctor': 'what is wrong?',
    'skaha doctor --json': 'for a program, or for a report',
    'skaha doctor --context local --timeout 3s': 'another server, and a shorter time limit',
  },
  exitCodes: { 1: 'something failed' },
});
