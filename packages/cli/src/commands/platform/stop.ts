import { defineCommand } from '../../command.js';
import type { PlatformStopOptions } from './stop.run.js';

export const platformStopCommand = defineCommand<PlatformStopOptions>({
  description:
    'Stops the platform of this machine. Sessions that still run are ended, unless they are left to the next start. Its data stays.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
    leaveSessions: {
      type: 'boolean',
      help: 'let sessions run on; the next start finds them again',
    },
  },
  examples: [
    { command: 'skaha platform stop', help: 'stop it and its sessions' },
    { command: 'skaha platform stop --leave-sessions', help: 'stop the server only' },
  ],
  load: () => import('./stop.run.js').then((module) => module.runPlatformStop),
});
