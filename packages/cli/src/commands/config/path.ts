import { defineCommand } from '../../command.js';

export const configPathCommand = defineCommand<Record<never, never>>({
  description:
    'Shows the path of the configuration file, whether it exists or not: --config, else SKAHA_CONFIG, else skaha/config.yaml in XDG_CONFIG_HOME or in ~/.config.',
  options: {},
  formats: ['json', 'yaml'],
  standalone: true,
  examples: [
    { command: 'skaha config path', help: 'the file in use' },
    { command: 'cat "$(skaha config path)"', help: 'its text as it stands' },
  ],
  load: () => import('./path.run.js').then((module) => module.runConfigPath),
});
