import { shells } from '@skaha/terminal/completion/scripts.js';
import { defineCommand, documentOf, required } from '../../command.js';

export const completionCommand = defineCommand({
  description:
    'Prints a script that makes a shell complete commands, options and their values when you press Tab, including ids of sessions, images, contexts, servers and settings. It waits at most one second for values from the server, and keeps them for ten.\nThe first lines of the script explain where to put it.',
  arguments: [required('shell', 'SHELL', 'the shell that you use', { choices: shells })],
  standalone: true,
  examples: {
    'source <(skaha completion bash)': 'bash, for this session',
    'skaha completion bash > ~/.local/share/bash-completion/completions/skaha':
      'bash, for all sessions',
    'skaha completion fish > ~/.config/fish/completions/skaha.fish': 'fish, for all sessions',
  },
});

export const versionCommand = defineCommand({
  description:
    'Shows the version of skaha. With --debug it also shows what is useful in a bug report: Node.js, the operating system, the active context and its server. It prints no secrets.',
  ...documentOf(),
  standalone: true,
  examples: { 'skaha version': 'name and version', 'skaha version --debug': 'for a bug report' },
});
