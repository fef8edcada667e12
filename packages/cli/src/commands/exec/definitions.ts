import { type ArgumentSpec, defineCommand } from '../../command.js';
import type { ExecCommandOptions, ShellOptions } from './run.js';

const session: ArgumentSpec<'session'> = {
  key: 'session',
  value: 'SESSION',
  help: "an id, a unique name or 'latest'",
  required: true,
};

const exitCodes = {
  1: 'the session does not run, or the server has no such call',
  3: '',
  4: '',
  6: '',
} as const;

export const execCommand = defineCommand<ExecCommandOptions, 'session' | 'command'>({
  description:
    'Runs a further command in a session that runs: as its user, in its home, with its files, variables and limits. Standard input, output and errors are those of the command; on a terminal it has a terminal, too. Ends with the exit status of the command. The local platform offers this; servers of the CANFAR Science Platform do not, and are told apart.',
  arguments: [session],
  rest: {
    key: 'command',
    value: 'COMMAND',
    help: 'what to run, and its arguments, after --',
    required: true,
    many: true,
  },
  options: {
    tty: {
      type: 'boolean',
      short: 't',
      aliases: ['terminal'],
      help: 'give it a terminal, though standard input or output is none',
    },
    noTty: { type: 'boolean', short: 'T', help: 'give it none, though both are' },
    interactive: {
      type: 'boolean',
      short: 'i',
      help: 'hand on standard input, which is done anyway where something is piped in',
    },
  },
  examples: [
    { command: 'skaha exec fit -- ls -l', help: 'look at the files of a session' },
    { command: 'skaha exec fit -- python', help: 'on a terminal, work in it' },
    { command: 'skaha exec fit -- wc -l < stars.csv', help: 'with input of your own' },
  ],
  exitCodes,
  load: () => import('./run.js').then((module) => module.runExec),
});

export const shellCommand = defineCommand<ShellOptions, 'session'>({
  description:
    "Opens a shell in a session that runs, on your terminal: bash where there is one, else sh. The same as 'skaha exec SESSION -- bash'. Leave it with exit or Ctrl-D.",
  arguments: [session],
  options: {},
  examples: [
    { command: 'skaha shell fit', help: 'look around where a session works' },
    { command: 'skaha shell latest', help: 'in the session that was launched last' },
  ],
  exitCodes,
  load: () => import('./run.js').then((module) => module.runShell),
});
