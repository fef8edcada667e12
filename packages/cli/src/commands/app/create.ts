import { defineCommand } from '../../command.js';
import type { AppCreateOptions } from './create.run.js';
import { desktopArgument } from './desktop.js';

export const appCreateCommand = defineCommand<AppCreateOptions, 'desktop' | 'image'>({
  description: 'Starts a program with a window on a desktop that runs.',
  arguments: [
    desktopArgument,
    {
      key: 'image',
      value: 'IMAGE',
      help: "image of the program; see 'skaha image ls -k desktop-app'",
      required: true,
    },
  ],
  options: {
    cpu: { type: 'string', short: 'c', value: 'CORES', help: 'cores of its own, for example 2' },
    memory: {
      type: 'string',
      short: 'm',
      value: 'SIZE',
      help: 'memory of its own in GiB, or with a unit: 4, 4G, 4Gi, 1500Mi; rounded up',
    },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'appid', 'image'] },
  quiet: true,
  examples: [
    { command: 'skaha app create desktop1 skaha/topcat:4.8', help: 'a program' },
    { command: 'skaha app create desktop1 skaha/casa:6.6 -c 4 -m 16', help: 'of a fixed size' },
  ],
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such desktop', 6: '' },
  load: () => import('./create.run.js').then((module) => module.runAppCreate),
});
