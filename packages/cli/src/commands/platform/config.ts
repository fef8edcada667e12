import { defineCommand } from '../../command.js';
import type { PlatformConfigOptions } from './config.run.js';

export const platformConfigCommand = defineCommand<PlatformConfigOptions>({
  description:
    'Shows the configuration of the platform of this machine: one file whose comments describe every setting and its default. It is created when there is none. Change it with an editor; changes apply from the next start.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
    path: { type: 'boolean', help: 'only show where the file is' },
    check: { type: 'boolean', help: 'only tell whether a platform would start with it' },
  },
  examples: [
    { command: 'skaha platform config', help: 'what can be set' },
    { command: 'nano "$(skaha platform config --path)"', help: 'change it' },
    { command: 'skaha platform config --check', help: 'is it in order?' },
  ],
  exitCodes: { 1: 'it is not valid, or cannot be read or written' },
  load: () => import('./config.run.js').then((module) => module.runPlatformConfig),
});
