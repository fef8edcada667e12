import { defineCommand } from '../../command.js';

export const doctorCommand = defineCommand<Record<never, never>>({
  description:
    'Looks for what may be wrong: the configuration file, the login and when it ends, the name of the server, its TLS certificate, whether it is available and takes the login, the clock of this machine, and the registries that list servers. Each answer is ok, warn or fail, with what to do about it. Works logged out and with a broken configuration. Changes nothing.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['check', 'status', 'message', 'hint'] },
  standalone: true,
  examples: [
    { command: 'skaha doctor', help: 'what is wrong?' },
    { command: 'skaha doctor --json', help: 'for a program, or for a report' },
    { command: 'skaha doctor --context local --timeout 3s', help: 'another server, less patience' },
  ],
  exitCodes: { 1: 'something failed' },
  load: () => import('./doctor.run.js').then((module) => module.runDoctor),
});
