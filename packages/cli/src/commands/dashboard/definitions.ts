import { defineCommand, documentOf, flag, integer } from '../../command.js';

export const dashboardCommand = defineCommand({
  description:
    'Opens a dashboard in the browser: sessions, launching, logs, batches, files and how busy the platform is, for the context in use. It runs on the loopback address of this machine until you press Ctrl-C. Your login stays in this program; the page never receives it. The link works once.',
  options: {
    noOpen: flag('do not open a browser, only print the link'),
    port: integer('N', [0, 65_535], 'serve it on this port (default: any free one)', {
      default: 0,
    }),
  },
  ...documentOf('url origin context server'),
  examples: {
    'skaha dashboard': 'for the active context',
    'skaha dashboard --context canfar': 'for another one',
    'skaha dashboard --no-open --json': 'the link, for a program',
  },
  exitCodes: { 1: 'the port is in use', 3: '' },
});
