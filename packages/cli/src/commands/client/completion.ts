import { defineCommand } from '../../command.js';
import { shells } from '../../completion/scripts.js';
import type { CompletionOptions } from './completion.run.js';

export const completionCommand = defineCommand<CompletionOptions, 'shell'>({
  description:
    'Prints what makes a shell complete commands, options and their values when you press Tab: also ids of sessions, images, contexts, servers and settings. What must be asked of the server is asked for at most a second, and remembered for ten.\nThe first lines of what is printed say where to put it.',
  arguments: [
    {
      key: 'shell',
      value: 'SHELL',
      help: 'the shell that you use',
      choices: shells,
      required: true,
    },
  ],
  options: {},
  standalone: true,
  examples: [
    { command: 'source <(skaha completion bash)', help: 'bash, for this session' },
    {
      command: 'skaha completion bash > ~/.local/share/bash-completion/completions/skaha',
      help: 'bash, for all sessions',
    },
    {
      command: 'skaha completion fish > ~/.config/fish/completions/skaha.fish',
      help: 'fish, for all sessions',
    },
  ],
  load: () => import('./completion.run.js').then((module) => module.runCompletion),
});
