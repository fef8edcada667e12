import { defineCommand, flag, required } from '../../command.js';

const session = required('session', 'SESSION', "an id, a unique name or 'latest'");

const exitCodes = {
  1: 'the session is not running, or the server has no such call',
  3: '',
  4: '',
  6: '',
};

export const execCommand = defineCommand({
  description:
    'Runs a command in a session that is already running: as its user, in its home, with its files, variables and limits. Standard input, output and error are connected to the command, and it has a terminal if you do. Exits with the exit status of the command. Only the local platform can do this; servers of the CANFAR Science Platform cannot.',
  arguments: [session],
  rest: required('command', 'COMMAND', 'the command to run and its arguments, after --', {
    many: true,
  }),
  options: {
    tty: flag('give it a terminal even if standard input or output is not one', {
      short: 't',
      aliases: ['terminal'],
    }),
    noTty: flag('do not give it a terminal even if both are', { short: 'T' }),
    interactive: flag('pass on standard input; this is the default if something is piped in', {
      short: 'i',
    }),
  },
  examples: {
    'skaha exec fit -- ls -l': 'list the files of a session',
    'skaha exec fit -- python': 'work in it on a terminal',
    'skaha exec fit -- wc -l < stars.csv': 'with input from a file',
  },
  exitCodes,
});

export const shellCommand = defineCommand({
  description:
    "Opens a shell in a running session, on your terminal: bash if it is installed, otherwise sh. The same as 'skaha exec SESSION -- bash'. Leave it with exit or Ctrl-D.",
  arguments: [session],
  examples: {
    'skaha shell fit': 'look around in a session',
    'skaha shell latest': 'in the session that was launched last',
  },
  exitCodes,
});
