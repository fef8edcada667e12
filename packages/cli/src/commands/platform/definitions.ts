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
    'Starts a Science Platform on this machine: it serves the Skaha API on the loopback address and really runs sessions, in sandboxes if this machine supports them. It adds a context for the platform, which becomes the active one if there is none. Without --detach it runs until you press Ctrl-C, and its sessions end with it.',
  options: {
    detach: { type: 'boolean', short: 'd', help: 'run in the background' },
    port: {
      type: 'integer',
      value: 'N',
      min: 0,
      max: 65_535,
      help: 'listen on this port; 0 for any free one (default: the last one used)',
    },
    data: {
      type: 'string',
      value: 'DIR',
      help: 'keep sessions, homes and keys here (default ~/.local/share/skaha/platform)',
    },
    user: { type: 'string', value: 'NAME', help: 'the main user (default: your user name)' },
    context: {
      type: 'string',
      value: 'NAME',
      default: 'local',
      help: 'name of the context to add',
    },
    strict: {
      type: 'boolean',
      help: 'reproduce the quirks of the real server, which are otherwise corrected',
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
    store: {
      type: 'string',
      value: 'URL',
      help: 'keep sessions in this PostgreSQL database instead: postgres://USER@HOST/DATABASE; the password comes from PGPASSWORD or a password file',
    },
    fault: {
      type: 'list',
      value: 'NAME[,SETTING=VALUE]',
      help: "a fault that is active from the start; see 'skaha platform fault'",
    },
    use: { type: 'boolean', help: 'make that context the active one' },
  },
  formats: ['json', 'yaml'],
  fields: {
    names: [
      ...['url', 'context', 'ca', 'certificate', 'token', 'tokenFile', 'user', 'home', 'data'],
      ...['pid', 'port', 'passwordFile', 'issuer', 'registry', 'runner', 'store'],
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
    'Stops the platform on this machine. Sessions that are still running are ended, unless they are left for the next start. Its data stays.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the platform with this data directory' },
    leaveSessions: {
      type: 'boolean',
      help: 'leave sessions running; the next start finds them again',
    },
  },
  examples: [
    { command: 'skaha platform stop', help: 'stop it and its sessions' },
    { command: 'skaha platform stop --leave-sessions', help: 'stop only the server' },
  ],
  load: () => import('./run.js').then((module) => module.runPlatformStop),
});

export const platformStatusCommand = defineCommand<PlatformStatusOptions>({
  description:
    'Shows whether the platform on this machine is running and where, what is running on it, and how much it takes: cores, memory and disk. "requested" is what running sessions asked for, "used" is what they use.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the platform with this data directory' },
  },
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha platform status', help: 'what is running' },
    { command: 'skaha platform status --json', help: 'for a program' },
  ],
  exitCodes: { 6: 'it is not running' },
  load: () => import('./run.js').then((module) => module.runPlatformStatus),
});

export const platformLogsCommand = defineCommand<PlatformLogsOptions>({
  description: 'Shows the log of a platform that runs, or ran, in the background.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the platform with this data directory' },
    follow: { type: 'boolean', short: 'f', help: 'keep showing what is added, until Ctrl-C' },
    tail: {
      type: 'integer',
      value: 'N',
      min: 0,
      max: 1_000_000,
      help: 'only the last N lines',
    },
    raw: { type: 'boolean', help: 'as it is in the file: one line of JSON per entry' },
  },
  examples: [
    { command: 'skaha platform logs --tail 20', help: 'the last lines' },
    { command: 'skaha platform logs -f', help: 'as they are written' },
    { command: 'skaha platform logs --raw', help: 'for a program' },
  ],
  exitCodes: { 6: 'there is no log: it was never started in the background' },
  load: () => import('./logs.js').then((module) => module.runPlatformLogs),
});

export const platformConfigCommand = defineCommand<PlatformConfigOptions>({
  description:
    'Shows the configuration of the platform on this machine: one file whose comments describe every setting and its default. It is created if it does not exist. Change it with an editor; changes take effect at the next start.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the platform with this data directory' },
    path: { type: 'boolean', help: 'only show where the file is' },
    check: { type: 'boolean', help: 'only check whether a platform would start with it' },
  },
  examples: [
    { command: 'skaha platform config', help: 'what can be configured' },
    { command: 'nano "$(skaha platform config --path)"', help: 'edit it' },
    { command: 'skaha platform config --check', help: 'is it valid?' },
  ],
  exitCodes: { 1: 'it is not valid, or cannot be read or written' },
  load: () => import('./run.js').then((module) => module.runPlatformConfig),
});

export const platformFaultCommand = defineCommand<PlatformFaultOptions, 'action' | 'words'>({
  description:
    'Makes the platform on this machine misbehave on request, to see how a program copes: sessions that wait, images that cannot be pulled, lost replies, expired tokens, a clock that is wrong. Without arguments it lists the active faults; "available" lists all that exist. A fault lasts until it is cleared or the platform stops.',
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
      help: 'the name of a fault, and its settings',
      many: true,
    },
  ],
  options: {
    data: { type: 'string', value: 'DIR', help: 'the platform with this data directory' },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['fault', 'settings'], open: true },
  examples: [
    { command: 'skaha platform fault set slow-queue', help: 'new sessions stay Pending' },
    {
      command: 'skaha platform fault set slow delayMs=500 path=/skaha/v1/session',
      help: 'only some requests',
    },
    { command: 'skaha platform fault clear', help: 'end all faults' },
  ],
  exitCodes: { 6: 'no platform is running' },
  load: () => import('./run.js').then((module) => module.runPlatformFault),
});

export const platformResetCommand = defineCommand<PlatformResetOptions>({
  description:
    'Removes everything that the platform on this machine keeps: sessions, logs, home directories, keys and tokens. Contexts for it are removed, too. The platform has to be stopped first.',
  options: {
    data: { type: 'string', value: 'DIR', help: 'the platform with this data directory' },
  },
  confirms: true,
  examples: [
    { command: 'skaha platform reset', help: 'ask, then remove' },
    { command: 'skaha platform stop && skaha platform reset --yes', help: 'start from scratch' },
  ],
  exitCodes: { 1: 'it is still running, or its data cannot be removed' },
  load: () => import('./run.js').then((module) => module.runPlatformReset),
});
