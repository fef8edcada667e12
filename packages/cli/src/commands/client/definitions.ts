import { defineCommand } from '../../command.js';
import { shells } from '../../completion/scripts.js';
import type { ApiOptions, CompletionOptions } from './run.js';

export const doctorCommand = defineCommand<Record<never, never>>({
  description:
    'Looks for what may be wrong: the configuration file, the login and when it ends, the name of the server, its TLS certificate, whether it is available and takes the login, the clock of this machine, and the registries that list servers. Each answer is ok, warn or fail, with what to do about it. Works logged out and with a broken configuration. Changes nothing.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['check', 'status', 'message', 'hint'] },
  standalone: true,
  examples: [
    { command: 'skaha doctor', help: 'what is wrong?' },
    { command: 'skaha doctor --json', help: 'for a program, or for a report' },
    { command: 'skaha doctor --context local --timeout 3s', help: 'another server, less patience' },
  ],
  exitCodes: { 1: 'something failed' },
  load: () => import('./doctor.js').then((module) => module.runDoctor),
});

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
  load: () => import('./run.js').then((module) => module.runApi),
});

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
  load: () => import('./run.js').then((module) => module.runCompletion),
});

export const versionCommand = defineCommand<Record<never, never>>({
  description:
    'Shows the version of skaha. With --debug also what is worth knowing in a bug report: Node.js, the operating system, the active context and its server. No secrets.',
  options: {},
  formats: ['json', 'yaml'],
  standalone: true,
  examples: [
    { command: 'skaha version', help: 'name and version' },
    { command: 'skaha version --debug', help: 'for a bug report' },
  ],
  load: () => import('./run.js').then((module) => module.runVersion),
});
