import { defineCommand, flag, list, required, text } from '../../command.js';

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
