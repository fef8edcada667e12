import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import type { FlagSpec, ListSpec, TextSpec } from '../../command.js';

/** The options with which sessions are chosen instead of named. */
export const filterOptions: {
  all: FlagSpec;
  filter: ListSpec;
  kind: TextSpec;
  status: TextSpec;
} = {
  all: { type: 'boolean', short: 'a', help: 'all your sessions' },
  filter: {
    type: 'list',
    value: 'FIELD=PATTERN',
    help: "all that fit, as in name='fit-*' or status=Completed,Failed; several must all be met",
  },
  kind: {
    type: 'string',
    short: 'k',
    value: 'KIND',
    choices: sessionKinds.filter((kind) => kind !== 'desktop-app'),
    help: 'all of this kind',
  },
  status: {
    type: 'string',
    short: 's',
    value: 'STATUS',
    choices: [...sessionStatuses, 'Succeeded', 'Error'],
    help: 'all with this status',
  },
};
