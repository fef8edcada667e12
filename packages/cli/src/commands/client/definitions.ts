import { defineCommand } from '../../command.js';
import { shells } from '../../completion/scripts.js';
import type { ApiOptions, CompletionOptions } from './run.js';

export const doctorCommand = defineCommand<Record<never, never>>({
  description:
    'Looks for problems: the configuration file, the login and its expiry, the name of the server, its TLS certificate, whether it is available and accepts the login, the clock of this machine, and the registries that list servers. Each result is ok, warn or fail, with advice on what to do. Works even if you are logged out or the configuration is broken. Changes nothing.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['check', 'status', 'message', 'hint'] },
  standalone: true,
  examples: [
    { command: 'skaha doctor', help: 'what is wrong?' },
    { command: 'skaha doctor --json', help: 'for a program, or for a report' },
    {
      command: 'skaha doctor --context local --timeout 3s',
      help: 'another server, and a shorter time limit',
    },
  ],
  exitCodes: { 1: 'something failed' },
  load: () => import('./doctor.js').then((module) => module.runDoctor),
});

export const apiCommand = defineCommand<ApiOptions, 'method' | 'path'>({
  description:
    'Sends one request to the server in use, with your login, and prints the reply unchanged. Use it for what no other command offers. A path is relative to the API version or, with a leading slash, to the root of the server. If the server refuses, the exit status is the same as for any other command.',
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
      help: 'a form field; with GET, a parameter of the address',
    },
    header: { type: 'list', short: 'H', value: 'NAME:VALUE', help: 'a header to send' },
    input: {
      type: 'string',
      value: 'FILE',
      help: 'send the contents of this file, or of standard input with -, instead of a form',
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
  load: () => import('./run.js').then((module) => module.runApi),
});

export const completionCommand = defineCommand<CompletionOptions, 'shell'>({
  description:
    'Prints a script that makes a shell complete commands, options and their values when you press Tab, including ids of sessions, images, contexts, servers and settings. Values that come from the server are waited for at most one second and remembered for ten.\nThe first lines of the script say where to put it.',
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
  load: () => import('./run.js').then((module) => module.runCompletion),
});

export const versionCommand = defineCommand<Record<never, never>>({
  description:
    'Shows the version of skaha. With --debug it also shows what is useful in a bug report: Node.js, the operating system, the active context and its server. It prints no secrets.',
  options: {},
  formats: ['json', 'yaml'],
  standalone: true,
  examples: [
    { command: 'skaha version', help: 'name and version' },
    { command: 'skaha version --debug', help: 'for a bug report' },
  ],
  load: () => import('./run.js').then((module) => module.runVersion),
});
