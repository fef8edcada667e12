import type { ArgumentSpec } from '../../command.js';

/** The sessions a command is about. */
export const sessionsArgument: ArgumentSpec<'sessions'> = {
  key: 'sessions',
  value: 'SESSION',
  help: "an id, a unique name, a pattern such as 'fit-*', a batch, 'latest', or '-' to read them from standard input",
  required: true,
  many: true,
};
