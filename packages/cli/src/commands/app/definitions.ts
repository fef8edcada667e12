import { defineCommand, itemsOf, listOf, required } from '../../command.js';
import { createOptions } from '../create/definitions.js';
import { sessionFields } from '../options.js';

const desktopArgument = required(
  'desktop',
  'SESSION',
  "the desktop: an id, a unique name, or 'latest'",
);

export const appLsCommand = defineCommand({
  description: 'Lists the programs that were started on a desktop, with their ids.',
  arguments: [desktopArgument],
  ...listOf(sessionFields),
  examples: {
    'skaha app ls desktop1': 'all programs on it',
    'skaha app ls desktop1 -q': 'only their ids',
  },
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such desktop', 6: '' },
});

export const appCreateCommand = defineCommand({
  description: 'Starts a program with a window on a running desktop.',
  arguments: [
    desktopArgument,
    required('image', 'IMAGE', "image of the program; see 'skaha image ls -k desktop-app'"),
  ],
  options: { cpu: createOptions.cpu, memory: createOptions.memory },
  ...itemsOf('id appid image'),
  examples: {
    'skaha app create desktop1 skaha/topcat:4.8': 'a program',
    'skaha app create desktop1 skaha/casa:6.6 -c 4 -m 16': 'with a fixed size',
  },
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such desktop', 6: '' },
});

export const appDeleteCommand = defineCommand({
  description: 'Ends programs on a desktop; the desktop itself stays.',
  arguments: [
    desktopArgument,
    required('apps', 'APP', "ids or unique names of programs, as 'skaha app ls' shows them", {
      many: true,
    }),
  ],
  ...itemsOf('id name ok action error'),
  confirms: true,
  examples: {
    'skaha app delete desktop1 a1b': 'one program; asks first',
    'skaha app delete desktop1 a1b c2d --yes': 'two, without asking',
  },
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'there is no such desktop or program',
    6: '',
    7: 'some could not be ended',
  },
});
