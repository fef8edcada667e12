import { defineCommand } from '../../command.js';
import type { PlatformLogsOptions } from './logs.run.js';

export const platformLogsCommand = defineCommand<PlatformLogsOptions>({
  description: 'Shows the log of a platform that runs, or ran, in the background.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
    follow: { type: 'boolean', short: 'f', help: 'go on showing what is added, until Ctrl-C' },
    tail: {
      type: 'integer',
      value: 'N',
      min: 0,
      max: 1_000_000,
      help: 'only the last N lines of what is there',
    },
    raw: { type: 'boolean', help: 'as it is in the file: a line of JSON an entry' },
  },
  examples: [
    { command: 'skaha platform logs --tail 20', help: 'the last lines' },
    { command: 'skaha platform logs -f', help: 'as they come' },
    { command: 'skaha platform logs --raw', help: 'for a program' },
  ],
  exitCodes: { 6: 'there is no log: it was never started in the background' },
  load: () => import('./logs.run.js').then((module) => module.runPlatformLogs),
});
