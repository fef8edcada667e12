import type { CommandEntry } from '../../command.js';

const group = 'Contexts and configuration';

/** The commands about the configuration file. */
export const configCommands: readonly CommandEntry[] = [
  {
    name: 'config show',
    aliases: ['config list', 'config ls'],
    group,
    summary: 'Show the configuration, secrets hidden',
    load: () => import('./show.js').then((module) => module.configShowCommand),
  },
  {
    name: 'config get',
    group,
    summary: 'Show one setting',
    load: () => import('./get.js').then((module) => module.configGetCommand),
  },
  {
    name: 'config set',
    group,
    summary: 'Change settings',
    load: () => import('./set.js').then((module) => module.configSetCommand),
  },
  {
    name: 'config path',
    group,
    summary: 'Show where the configuration file is',
    load: () => import('./path.js').then((module) => module.configPathCommand),
  },
  {
    name: 'config validate',
    group,
    summary: 'Check the configuration file',
    load: () => import('./validate.js').then((module) => module.configValidateCommand),
  },
  {
    name: 'config unset',
    group,
    summary: 'Remove settings',
    load: () => import('./unset.js').then((module) => module.configUnsetCommand),
  },
  {
    name: 'config edit',
    group,
    summary: 'Change the configuration in your editor',
    load: () => import('./edit.js').then((module) => module.configEditCommand),
  },
  {
    name: 'config import',
    group,
    summary: 'Take over the settings of the Python clients',
    load: () => import('./import.js').then((module) => module.configImportCommand),
  },
];
