import { defineCommand, flag, text } from '../../command.js';

export const mcpCommand = defineCommand({
  description:
    'Serves an AI assistant over standard input and output with the Model Context Protocol: the assistant can list sessions, read their logs, events and details, wait for them, see how busy the platform is, and read files in storage services. With --allow-writes it can also launch, renew and delete sessions and copy files, each time after you have agreed. The program of the assistant starts this command; docs/assistants.md explains how to register it. The assistant never sees tokens, passwords or certificates.',
  options: {
    allowWrites: flag(
      'also offer the tools that make changes: create, renew, delete, data_up, data_down',
    ),
    noConfirm: flag('do not ask before each change; the assistant decides alone'),
    folder: text('DIR', 'the only folder on this machine from and to which files may be copied'),
  },
  examples: {
    'skaha mcp': 'read-only, for the active context',
    'skaha mcp --allow-writes --context canfar': 'with launches and deletions',
    'skaha mcp --allow-writes --folder ~/astro': 'with copies to and from that folder',
  },
});
