import { frame, type Statement } from './statement.js';

/** Names, words, streams and formats: 1 to 16. */
export const words: readonly Statement[] = [
  {
    says: 'every name and alias of both generations resolves; help and completion list canonical names once',
    proof: {
      'cli/names.test.ts': [
        '%s is %s',
        'the canonical names stand in the help once, the others in that of the command',
      ],
      'cli/completion/complete.test.ts': ['commands: canonical names, each once, and groups'],
    },
  },
  {
    says: 'options of create stand anywhere; words after -- are passed unchanged',
    proof: {
      'cli/parse/parser.test.ts': ['options of create stand %s its arguments'],
      'cli/commands/create.test.ts': ['passes words after -- unchanged, options included'],
    },
  },
  {
    says: '-h and --help of every command need neither configuration nor network',
    proof: { 'cli/matrix.test.ts': ['shows its help whatever the state of the configuration'] },
  },
  {
    says: 'nothing at all prints help (0); a bare group or a missing argument is wrong usage (2)',
    proof: {
      'cli/help.test.ts': ['of the program', 'of a group lists its commands'],
      'cli/parse/parser.test.ts': ['%s %j is refused'],
    },
  },
  {
    says: 'an unknown command or option suggests the nearest (2)',
    proof: {
      'cli/matrix.test.ts': ['refuses an option it does not have, and suggests another: 2'],
      'cli/custom/custom.test.ts': ['an unknown name suggests commands, aliases and extensions'],
      [frame]: ['5: a misspelt command: 2, and the nearest one'],
    },
  },
  {
    says: 'a kind, status or number that cannot be is refused with those that can (2)',
    proof: { 'cli/parse/parser.test.ts': ['%s %j is refused'] },
  },
  {
    says: 'two formats, or -q with one for programs, are a conflict (2)',
    proof: {
      'cli/parse/parser.test.ts': ['ps %j is a conflict'],
      'cli/codes.test.ts': ['%s ends with %d, for people and for programs, who get one document'],
    },
  },
  {
    says: '--version prints name and version only',
    proof: { 'cli/help.test.ts': ['--version prints name and version only'] },
  },
  {
    says: 'with a machine format standard output is one document at every log level, or empty',
    proof: {
      'cli/logging.test.ts': ['standard output is the same with %j'],
      'cli/matrix.test.ts': ['with an expired certificate: 3'],
      'cli/commands/formats.test.ts': [
        '10, 11: a failure leaves stdout empty, and one document on stderr',
      ],
    },
  },
  {
    says: 'words about data are on standard error',
    proof: {
      'cli/appearance.test.ts': ['can be turned off, and is not there when nothing is known'],
      'cli/commands/look.test.ts': [
        'says on standard error that there is nothing, and gives programs an empty array',
      ],
      'cli/names.test.ts': [
        'a name that will go is told to people on standard error, and to programs not at all',
      ],
    },
  },
  {
    says: 'a failure is exactly one document for programs',
    proof: {
      'cli/codes.test.ts': ['%s ends with %d, for people and for programs, who get one document'],
      'cli/failures.test.ts': ['wrong usage is a document for programs too: 2'],
    },
  },
  {
    says: 'ps -q | xargs skaha info works, banner or not',
    proof: { 'cli/output-terminal.test.ts': ['12: ids alone feed another command'] },
  },
  {
    says: 'JSON and YAML agree; keys are stable; what is unknown is kept',
    proof: {
      'cli/commands/formats.test.ts': ['decodes to the same values'],
      'cli/commands/look.test.ts': [
        'has every field for programs, null where there is none, times in UTC',
      ],
      'cli/commands/foreign.test.ts': ['keeps kinds, statuses and fields it does not know'],
    },
  },
  {
    says: 'a table is whole in a pipe and fits a terminal',
    proof: {
      'cli/output/table.test.ts': [
        'a pipe gets everything, however narrow the terminal is said to be',
        'a terminal gets lines of its width',
      ],
      'cli/output-terminal.test.ts': [
        '14, 15: a table fits, is coloured, and stands below the banner',
        '14, 15: a table is whole and without colour, unless it is asked for',
      ],
    },
  },
  {
    says: 'colour follows NO_COLOR, TERM=dumb, the terminal and --color',
    proof: { 'cli/output/style.test.ts': ['--color %s with %j on a terminal (%s): %s'] },
  },
  {
    says: 'log text is printed byte for byte; what is no text is replaced on a terminal only',
    proof: {
      'cli/commands/follow.test.ts': [
        '16: reach a pipe byte for byte %j',
        '16: but a terminal gets text %j',
      ],
    },
  },
];
