import { defineCommand } from '../../command.js';

export const versionCommand = defineCommand<Record<never, never>>({
  description:
    'Shows the version of skaha. With --debug also what is worth knowing in a bug report: Node.js, the operating system, the active context and its server. No secrets.',
  options: {},
  formats: ['json', 'yaml'],
  standalone: true,
  examples: [
    { command: 'skaha version', help: 'name and version' },
    { command: 'skaha version --debug', help: 'for a bug report' },
  ],
  load: () => import('./version.run.js').then((module) => module.runVersion),
});
