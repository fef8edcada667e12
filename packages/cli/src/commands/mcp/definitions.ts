import { defineCommand } from '../../command.js';
import type { McpOptions } from './run.js';

export const mcpCommand = defineCommand<McpOptions>({
  description:
    'Serves an AI assistant over standard input and output with the Model Context Protocol: the assistant can list sessions, read their logs, events and details, wait for them, see how busy the platform is, and read files in storage services. With --allow-writes it can also launch, renew and delete sessions and copy files, each time after you have agreed. The program of the assistant starts this command; docs/assistants.md explains how to register it. The assistant never sees tokens, passwords or certificates.',
  options: {
    allowWrites: {
      type: 'boolean',
      help: 'also offer the tools that make changes: create, renew, delete, data_up, data_down',
    },
    noConfirm: {
      type: 'boolean',
      help: 'do not ask before each of these; the assistant decides alone',
    },
    folder: {
      type: 'string',
      value: 'DIR',
      help: 'the only folder on this machine that files are copied from and to',
    },
  },
  examples: [
    { command: 'skaha mcp', help: 'read-only, for the active context' },
    { command: 'skaha mcp --allow-writes --context canfar', help: 'with launches and deletions' },
    {
      command: 'skaha mcp --allow-writes --folder ~/astro',
      help: 'with copies to and from that folder',
    },
  ],
  load: () => import('./run.js').then((module) => module.runMcp),
});
