import { type ArgumentSpec, defineCommand } from '../../command.js';
import type { ExecCommandOptions, ShellOptions } from './run.js';

const session: ArgumentSpec<'session'> = {
  key: 'session',
  value: 'SESSION',
  help: "an id, a unique name or 'latest'",
  required: true,
};

const exitCodes = {
  1: 'the session is not running, or the server has no such call',
  3: '',
  4: '',
  6: '',
} as const;

export const execCommand = defineCommand<ExecCommandOptions, 'session' | 'command'>({
  description:
    'Runs a command in a session that is already running: as its user, in its home, with its files, variables and limits. Standard input, output and error are connected to the command, and it has a terminal if you do. Ends with the exit status of the command. The local platform offers this; servers of the CANFAR Science Platform do not, and the message says so.',
  arguments: [session],
  rest: {
    key: 'command',
    value: 'COMMAND',
    help: 'the command to run and its arguments, after --',
    required: true,
    many: true,
  },
  options: {
    tty: {
      type: 'boolean',
      short: 't',
      aliases: ['terminal'],
      help: 'give it a terminal even if standard input or output is not one',
    },
    noTty: { type: 'boolean', short: 'T', help: 'do not give it a terminal even if both are' },
    interactive: {
      type: 'boolean',
      short: 'i',
      help: 'pass on standard input; this is the default if something is piped in',
    },
  },
  examples: [
    { command: 'skaha exec fit -- ls -l', help: 'list the files of a session' },
    { command: 'skaha exec fit -- python', help: 'work in it on a terminal' },
    { command: 'skaha exec fit -- wc -l < stars.csv', help: 'with input from a file' },
  ],
  exitCodes,
  load: () => import('./run.js').then((module) => module.runExec),
});

export const shellCommand = defineCommand<ShellOptions, 'session'>({
  description:
    "Opens a shell in a running session, on your terminal: bash if it is installed, otherwise sh. The same as 'skaha exec SESSION -- bash'. Leave it with exit or Ctrl-D.",
  arguments: [session],
  options: {},
  examples: [
    { command: 'skaha shell fit', help: 'look around in a session' },
    { command: 'skaha shell latest', help: 'in the session that was launched last' },
  ],
  exitCodes,
  load: () => import('./run.js').then((module) => module.runShell),
});
