import { defineCommand } from '../../command.js';
import type { PlatformFaultOptions } from './fault.run.js';

export const platformFaultCommand = defineCommand<PlatformFaultOptions, 'action' | 'words'>({
  description:
    'Makes the platform of this machine misbehave on request, to see how a program copes with it: sessions that wait, images that cannot be pulled, lost replies, expired tokens, a clock that is off. Without arguments it lists what is in force; "available" lists what there is. A fault lasts until it is cleared, or the platform stops.',
  arguments: [
    {
      key: 'action',
      value: 'ACTION',
      help: 'ls (default), available, set NAME [SETTING=VALUE…], clear [NAME…]',
      choices: ['ls', 'available', 'set', 'clear'],
    },
    {
      key: 'words',
      value: 'WORD',
      help: 'the name of a fault, and what is set for it',
      many: true,
    },
  ],
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['fault', 'settings'], open: true },
  examples: [
    { command: 'skaha platform fault set slow-queue', help: 'new sessions stay Pending' },
    {
      command: 'skaha platform fault set slow delayMs=500 path=/skaha/v1/session',
      help: 'only some requests',
    },
    { command: 'skaha platform fault clear', help: 'everything behaves well again' },
  ],
  exitCodes: { 6: 'no platform is running' },
  load: () => import('./fault.run.js').then((module) => module.runPlatformFault),
});
