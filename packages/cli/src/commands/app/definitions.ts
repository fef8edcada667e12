import { defineCommand } from '../../command.js';
import { sessionFields } from '../options.js';
import {
  type AppCreateOptions,
  type AppDeleteOptions,
  type AppLsOptions,
  desktopArgument,
} from './run.js';

export const appLsCommand = defineCommand<AppLsOptions, 'desktop'>({
  description: 'Lists the programs that were started on a desktop, with their ids.',
  arguments: [desktopArgument],
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: sessionFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha app ls desktop1', help: 'all programs on it' },
    { command: 'skaha app ls desktop1 -q', help: 'only their ids' },
  ],
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such desktop', 6: '' },
  load: () => import('./run.js').then((module) => module.runAppLs),
});

export const appCreateCommand = defineCommand<AppCreateOptions, 'desktop' | 'image'>({
  description: 'Starts a program with a window on a running desktop.',
  arguments: [
    desktopArgument,
    {
      key: 'image',
      value: 'IMAGE',
      help: "image of the program; see 'skaha image ls -k desktop-app'",
      required: true,
    },
  ],
  options: {
    cpu: {
      type: 'string',
      short: 'c',
      value: 'CORES',
      help: 'cores reserved for it, for example 2',
    },
    memory: {
      type: 'string',
      short: 'm',
      value: 'SIZE',
      help: 'memory reserved for it in GiB, or with a unit: 4, 4G, 4Gi, 1500Mi; rounded up',
    },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'appid', 'image'] },
  quiet: true,
  examples: [
    { command: 'skaha app create desktop1 skaha/topcat:4.8', help: 'a program' },
    { command: 'skaha app create desktop1 skaha/casa:6.6 -c 4 -m 16', help: 'with a fixed size' },
  ],
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such desktop', 6: '' },
  load: () => import('./run.js').then((module) => module.runAppCreate),
});

export const appDeleteCommand = defineCommand<AppDeleteOptions, 'apps' | 'desktop'>({
  description: 'Ends programs on a desktop; the desktop itself stays.',
  arguments: [
    desktopArgument,
    {
      key: 'apps',
      value: 'APP',
      help: "ids or unique names of programs, as 'skaha app ls' shows them",
      required: true,
      many: true,
    },
  ],
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha app delete desktop1 a1b', help: 'one program; asks first' },
    { command: 'skaha app delete desktop1 a1b c2d --yes', help: 'two, without asking' },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'there is no such desktop or program',
    6: '',
    7: 'some could not be ended',
  },
  load: () => import('./run.js').then((module) => module.runAppDelete),
});
