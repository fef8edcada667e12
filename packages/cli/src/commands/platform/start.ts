import { defineCommand } from '../../command.js';
import type { PlatformStartOptions } from './start.run.js';

export const platformStartCommand = defineCommand<PlatformStartOptions>({
  description:
    'Starts a Science Platform on this machine: the Skaha API on the loopback address, really running sessions, in sandboxes where this machine can make them. It adds a context that points at it, which becomes the active one when none is. Without --detach it runs until Ctrl-C, and its sessions end with it.',
  options: {
    detach: { type: 'boolean', short: 'd', help: 'run in the background' },
    port: {
      type: 'integer',
      value: 'N',
      min: 0,
      max: 65_535,
      help: 'listen on this port; 0 for any that is free (default the last one used)',
    },
    data: {
      type: 'string',
      value: 'DIR',
      help: 'keep sessions, homes and keys here (default ~/.local/share/skaha/platform)',
    },
    user: { type: 'string', value: 'NAME', help: 'the main user (default your own name)' },
    context: {
      type: 'string',
      value: 'NAME',
      default: 'local',
      help: 'name of the context to add',
    },
    strict: {
      type: 'boolean',
      help: 'reproduce the oddities of the real server, which are corrected otherwise',
    },
    api: {
      type: 'string',
      value: 'VERSIONS',
      help: 'the versions of the API to serve: v1, v0, or v0,v1',
      choices: ['v1', 'v0', 'v0,v1'],
    },
    runner: {
      type: 'string',
      value: 'NAME',
      help: 'what runs the sessions (default auto)',
      choices: ['auto', 'sandbox', 'process', 'container'],
    },
    fault: {
      type: 'list',
      value: 'NAME[,SETTING=VALUE]',
      help: 'a fault in force from the start; see platform fault',
    },
    use: { type: 'boolean', help: 'make that context the active one in any case' },
  },
  formats: ['json', 'yaml'],
  fields: {
    names: [
      ...['url', 'context', 'ca', 'certificate', 'token', 'tokenFile', 'user', 'home', 'data'],
      ...['pid', 'port', 'passwordFile', 'issuer', 'registry', 'runner'],
    ],
    open: true,
  },
  examples: [
    { command: 'skaha platform start', help: 'until Ctrl-C' },
    { command: 'skaha platform start --detach --use', help: 'in the background, used from now on' },
    { command: 'skaha platform start --detach --json', help: 'address and token, for a program' },
  ],
  exitCodes: {
    1: 'it cannot start: the port is in use, it is already running, or its data cannot be written',
  },
  load: () => import('./start.run.js').then((module) => module.runPlatformStart),
});
