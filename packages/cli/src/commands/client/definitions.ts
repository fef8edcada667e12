import { defineCommand, documentOf, flag, itemsOf, list, required, text } from '../../command.js';
import { shells } from '../../completion/scripts.js';

export const doctorCommand = defineCommand({
  description:
    'Looks for problems: the configuration file, the login and its expiry, the name of the server, its TLS certificate, whether it is available and accepts the login, the clock of this machine, and the registries that list servers. Each result is ok, warn or fail, with advice on what to do. Works even if you are logged out or the configuration is broken. Changes nothing.',
  ...itemsOf('check status message hint'),
  quiet: false,
  standalone: true,
  examples: {
    'skaha doctor': 'what is wrong?',
    'skaha doctor --json': 'for a program, or for a report',
    'skaha doctor --context local --timeout 3s': 'another server, and a shorter time limit',
  },
  exitCodes: { 1: 'something failed' },
});

export const apiCommand = defineCommand({
  description:
    'Sends one request to the server in use, with your login, and prints the reply unchanged. Use it for requests that no other command offers. A path is relative to the API version or, with a leading slash, to the root of the server. If the server refuses, the exit status is the same as for any other command.',
  arguments: [
    required('method', 'METHOD', 'what to do', { choices: ['GET', 'HEAD', 'POST', 'DELETE'] }),
    required('path', 'PATH', 'for example session/ab12cd34'),
  ],
  options: {
    field: list('KEY=VALUE', 'a form field; with GET, a parameter of the address', { short: 'f' }),
    header: list('NAME:VALUE', 'a header to send', { short: 'H' }),
    input: text(
      'FILE',
      'send the contents of this file, or of standard input with -, instead of a form',
    ),
    include: flag('print the status and the headers, too', { short: 'i' }),
  },
  examples: {
    'skaha api GET session': "what 'skaha ps' is made from",
    'skaha api GET session/ab12cd34 -f view=events': 'with a parameter',
    'skaha api POST session/ab12cd34 -f action=renew': 'with a form',
    'skaha api GET /capabilities -i': 'below the root, with the headers',
  },
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'the server has nothing at that path',
    5: '',
    6: '',
  },
});

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
