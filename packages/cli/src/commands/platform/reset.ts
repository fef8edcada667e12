import { defineCommand } from '../../command.js';
import type { PlatformResetOptions } from './reset.run.js';

export const platformResetCommand = defineCommand<PlatformResetOptions>({
  description:
    'Removes everything the platform of this machine keeps: sessions, logs, home directories, keys and tokens. Contexts that point at it are removed too. Refuses while it runs.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
  },
  confirms: true,
  examples: [
    { command: 'skaha platform reset', help: 'ask, then remove' },
    { command: 'skaha platform stop && skaha platform reset --yes', help: 'start afresh' },
  ],
  exitCodes: { 1: 'it is still running, or its data cannot be removed' },
  load: () => import('./reset.run.js').then((module) => module.runPlatformReset),
});
