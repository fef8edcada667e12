import type { CommandEntry } from '../../command.js';

/** The commands about this program. */
export const clientCommands: readonly CommandEntry[] = [
  {
    name: 'version',
    group: 'Client',
    summary: 'Show the version, and what to say in a bug report',
    load: () => import('./version.js').then((module) => module.versionCommand),
  },
];
