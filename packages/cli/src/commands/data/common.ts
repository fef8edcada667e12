import type { ArgumentSpec, CommandDefinition, IntegerSpec } from '../../command.js';

/** What the operands of all these commands are, for the descriptions. */
export const operands =
  "A place in a storage service is written NAME:/path, for example arc:/home/me/x.fits; 'skaha server show' lists the services of a server.";

export const patterns =
  'In a path * stands for any characters of a name, ? for one: write them in quotes.';

/** The places that a command is about. */
export const placesArgument = {
  key: 'paths',
  value: 'PLACE',
  help: 'in a storage service, for example arc:/home/me/data',
  required: true,
  many: true,
} as const satisfies ArgumentSpec;

/** Statuses of every command about files. */
export const dataExits: CommandDefinition['exitCodes'] = {
  1: 'the service refused, or something did not arrive whole',
  3: '',
  4: 'there is nothing of that name, or no such storage service',
  5: 'the quota is used up',
  6: '',
  7: '',
};

export const jobsOption: IntegerSpec & { default: number } = {
  type: 'integer',
  short: 'j',
  value: 'COUNT',
  min: 1,
  max: 64,
  default: 8,
  help: 'files transferred at the same time',
};

export const linksOption = {
  type: 'string',
  value: 'HOW',
  choices: ['skip', 'follow'],
  default: 'skip',
  help: 'what is done with links: skipped, or followed to their file',
} as const;
