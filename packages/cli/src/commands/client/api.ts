import { defineCommand } from '../../command.js';
import type { ApiOptions } from './api.run.js';

export const apiCommand = defineCommand<ApiOptions, 'method' | 'path'>({
  description:
    'Sends one request to the server in use, with your login, as every other command does, and prints what it answers as it comes. For what no other command offers. A path stands below the API version, or with a slash in front below the root of the server. A refusal ends with the exit status that it has everywhere.',
  arguments: [
    {
      key: 'method',
      value: 'METHOD',
      help: 'what to do',
      required: true,
      choices: ['GET', 'HEAD', 'POST', 'DELETE'],
    },
    { key: 'path', value: 'PATH', help: 'for example session/ab12cd34', required: true },
  ],
  options: {
    field: {
      type: 'list',
      short: 'f',
      value: 'KEY=VALUE',
      help: 'a field of the form, with GET of the address',
    },
    header: { type: 'list', short: 'H', value: 'NAME:VALUE', help: 'a header to send' },
    input: {
      type: 'string',
      value: 'FILE',
      help: 'send what this file holds, - for standard input, in place of a form',
    },
    include: { type: 'boolean', short: 'i', help: 'print the status and the headers, too' },
  },
  examples: [
    { command: 'skaha api GET session', help: "what 'skaha ps' is made from" },
    { command: 'skaha api GET session/ab12cd34 -f view=events', help: 'with a parameter' },
    { command: 'skaha api POST session/ab12cd34 -f action=renew', help: 'with a form' },
    { command: 'skaha api GET /capabilities -i', help: 'below the root, with the headers' },
  ],
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such thing', 5: '', 6: '' },
  load: () => import('./api.run.js').then((module) => module.runApi),
});
