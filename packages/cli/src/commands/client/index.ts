import type { CommandEntry } from '../../command.js';

/** The commands about this program. */
export const clientCommands: readonly CommandEntry[] = [
  {
    name: 'doctor',
    group: 'Client',
    summary: 'Look for what may be wrong',
    load: () => import('./doctor.js').then((module) => module.doctorCommand),
  },
  {
    name: 'api',
    group: 'Client',
    summary: 'Send a request of your own to the server',
    load: () => import('./api.js').then((module) => module.apiCommand),
  },
  {
    name: 'completion',
    group: 'Client',
    summary: 'Print what lets a shell complete commands',
    load: () => import('./completion.js').then((module) => module.completionCommand),
  },
  {
    name: 'version',
    group: 'Client',
    summary: 'Show the version, and what to say in a bug report',
    load: () => import('./version.js').then((module) => module.versionCommand),
  },
];
