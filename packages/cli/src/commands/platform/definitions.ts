import { defineCommand } from '../../command.js';
import type { PlatformLogsOptions } from './logs.js';
import type {
  PlatformConfigOptions,
  PlatformFaultOptions,
  PlatformResetOptions,
  PlatformStatusOptions,
  PlatformStopOptions,
} from './run.js';
import type { PlatformStartOptions } from './start.js';

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
      help: 'what runs the sessions: auto (the default), sandbox, process, container, kubernetes, or another that is installed',
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
  load: () => import('./start.js').then((module) => module.runPlatformStart),
});

export const platformStopCommand = defineCommand<PlatformStopOptions>({
  description:
    'Stops the platform of this machine. Sessions that still run are ended, unless they are left to the next start. Its data stays.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
    leaveSessions: {
      type: 'boolean',
      help: 'let sessions run on; the next start finds them again',
    },
  },
  examples: [
    { command: 'skaha platform stop', help: 'stop it and its sessions' },
    { command: 'skaha platform stop --leave-sessions', help: 'stop the server only' },
  ],
  load: () => import('./run.js').then((module) => module.runPlatformStop),
});

export const platformStatusCommand = defineCommand<PlatformStatusOptions>({
  description:
    'Shows whether the platform of this machine runs and where, what runs on it, and what that takes: cores, memory and disk. "requested" is what running sessions asked for, "used" what they use.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha platform status', help: 'what runs' },
    { command: 'skaha platform status --json', help: 'for a program' },
  ],
  exitCodes: { 6: 'it does not run' },
  load: () => import('./run.js').then((module) => module.runPlatformStatus),
});

export const platformLogsCommand = defineCommand<PlatformLogsOptions>({
  description: 'Shows the log of a platform that runs, or ran, in the background.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
    follow: { type: 'boolean', short: 'f', help: 'go on showing what is added, until Ctrl-C' },
    tail: {
      type: 'integer',
      value: 'N',
      min: 0,
      max: 1_000_000,
      help: 'only the last N lines of what is there',
    },
    raw: { type: 'boolean', help: 'as it is in the file: a line of JSON an entry' },
  },
  examples: [
    { command: 'skaha platform logs --tail 20', help: 'the last lines' },
    { command: 'skaha platform logs -f', help: 'as they come' },
    { command: 'skaha platform logs --raw', help: 'for a program' },
  ],
  exitCodes: { 6: 'there is no log: it was never started in the background' },
  load: () => import('./logs.js').then((module) => module.runPlatformLogs),
});

export const platformConfigCommand = defineCommand<PlatformConfigOptions>({
  description:
    'Shows the configuration of the platform of this machine: one file whose comments describe every setting and its default. It is created when there is none. Change it with an editor; changes apply from the next start.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
    path: { type: 'boolean', help: 'only show where the file is' },
    check: { type: 'boolean', help: 'only tell whether a platform would start with it' },
  },
  examples: [
    { command: 'skaha platform config', help: 'what can be set' },
    { command: 'nano "$(skaha platform config --path)"', help: 'change it' },
    { command: 'skaha platform config --check', help: 'is it in order?' },
  ],
  exitCodes: { 1: 'it is not valid, or cannot be read or written' },
  load: () => import('./run.js').then((module) => module.runPlatformConfig),
});

export const platformFaultCommand = defineCommand<PlatformFaultOptions, 'action' | 'words'>({
  description:
    'Makes the platform of this machine misbehave on request, to see how a program copes with it: sessions that wait, images that cannot be pulled, lost replies, expired tokens, a clock that is off. Without arguments it lists what is in force; "available" lists what there is. A fault lasts until it is cleared, or the platform stops.',
  arguments: [
    {
      key: 'action',
      value: 'ACTION',
      help: 'ls (default), available, set NAME [SETTING=VALUE…], clear [NAME…]',
      choices: ['ls', 'available', 'set', 'clear'],
    },
    {
      key: 'words',
      value: 'WORD',
      help: 'the name of a fault, and what is set for it',
      many: true,
    },
  ],
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['fault', 'settings'], open: true },
  examples: [
    { command: 'skaha platform fault set slow-queue', help: 'new sessions stay Pending' },
    {
      command: 'skaha platform fault set slow delayMs=500 path=/skaha/v1/session',
      help: 'only some requests',
    },
    { command: 'skaha platform fault clear', help: 'everything behaves well again' },
  ],
  exitCodes: { 6: 'no platform is running' },
  load: () => import('./run.js').then((module) => module.runPlatformFault),
});

export const platformResetCommand = defineCommand<PlatformResetOptions>({
  description:
    'Removes everything the platform of this machine keeps: sessions, logs, home directories, keys and tokens. Contexts that point at it are removed too. Refuses while it runs.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the one with this data directory' },
  },
  confirms: true,
  examples: [
    { command: 'skaha platform reset', help: 'ask, then remove' },
    { command: 'skaha platform stop && skaha platform reset --yes', help: 'start afresh' },
  ],
  exitCodes: { 1: 'it is still running, or its data cannot be removed' },
  load: () => import('./run.js').then((module) => module.runPlatformReset),
});
