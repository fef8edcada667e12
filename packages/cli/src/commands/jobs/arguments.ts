import type { ArgumentSpec } from '../../command.js';

/** The batch a command is about. */
export const jobArgument: ArgumentSpec<'job'> = {
  key: 'job',
  value: 'JOB',
  help: "its name, as 'skaha jobs ls' shows it",
  required: true,
};
