import { defineCommand } from '../../command.js';
import type { PlatformStatusOptions } from './status.run.js';

export const platformStatusCommand = defineCommand<PlatformStatusOptions>({
  description:
    'Shows whether the platform of this machine runs and where, what runs on it, and what that takes: cores, memory and disk. "requested" is what running sessions asked for, "used" what they use.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha platform status', help: 'what runs' },
    { command: 'skaha platform status --json', help: 'for a program' },
  ],
  exitCodes: { 6: 'it does not run' },
  load: () => import('./status.run.js').then((module) => module.runPlatformStatus),
});
