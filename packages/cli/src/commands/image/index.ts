import type { CommandEntry } from '../../command.js';

/** The commands about images. */
export const imageCommands: readonly CommandEntry[] = [
  {
    name: 'image ls',
    aliases: ['image list', 'images'],
    group: 'Images',
    summary: 'List the container images of the platform',
    load: () => import('./ls.js').then((module) => module.imageLsCommand),
  },
];
