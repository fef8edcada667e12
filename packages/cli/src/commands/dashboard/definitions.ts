import { defineCommand } from '../../command.js';
import type { DashboardOptions } from './run.js';

export const dashboardCommand = defineCommand<DashboardOptions>({
  description:
    'Opens a dashboard in the browser: sessions, launching, logs, batches, files and how busy the platform is, for the context in use. It is served on the loopback address of this machine until you press Ctrl-C. Your login stays in this program: the page never receives it, and the link works once.',
  options: {
    noOpen: { type: 'boolean', help: 'do not open a browser, only print the link' },
    port: {
      type: 'integer',
      value: 'N',
      min: 0,
      max: 65_535,
      default: 0,
      help: 'serve it on this port (default: any free one)',
    },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['url', 'origin', 'context', 'server'] },
  examples: [
    { command: 'skaha dashboard', help: 'for the active context' },
    { command: 'skaha dashboard --context canfar', help: 'for another one' },
    { command: 'skaha dashboard --no-open --json', help: 'the link, for a program' },
  ],
  exitCodes: { 1: 'the port is in use', 3: '' },
  load: () => import('./run.js').then((module) => module.runDashboard),
});
