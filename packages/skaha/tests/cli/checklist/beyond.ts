import { frame, launching, type Statement } from './statement.js';

/** Errors and what goes beyond: 51 to 60. */
export const beyond: readonly Statement[] = [
  {
    says: 'every documented code is produced by a command, and ends it alike for people and programs',
    proof: {
      'cli/codes.test.ts': ['%s ends with %d, for people and for programs, who get one document'],
      [frame]: ['51: every code of the contract has a command that produces it'],
    },
  },
  {
    says: 'an expired credential is told as such by every command (3)',
    proof: { 'cli/matrix.test.ts': ['with an expired certificate: 3'] },
  },
  {
    says: 'a server that cannot be reached is 6, in one line, within --timeout',
    proof: {
      'cli/matrix.test.ts': ['%s without a server that answers: 6'],
      'cli/codes.test.ts': ['%s ends with %d, for people and for programs, who get one document'],
    },
  },
  {
    says: 'what goes on ends with 130 on Ctrl-C and with 0 on a closed pipe',
    proof: {
      'cli/matrix.test.ts': ['%s interrupted while it waits for the server: 130'],
      'cli/commands/look.test.ts': ['-f ends with 130 on Ctrl-C'],
      'cli/commands/follow.test.ts': ['54: -f ends with 130 on Ctrl-C'],
      'cli/output-terminal.test.ts': [
        '54: ps -w tells changes, and a closed pipe ends it silently with 0',
      ],
      [frame]: ['54: a closed pipe ends %j silently with 0'],
    },
  },
  {
    says: 'wait ends with 6 when time is up and with 8 when a session failed',
    proof: {
      'cli/commands/act.test.ts': [
        'ends with 6 when time is up: %s',
        'ends with 8 when a session failed',
      ],
    },
  },
  {
    says: 'amounts of memory',
    proof: { [launching]: ['56: --memory %s sends %s'] },
  },
  {
    says: 'variables come from files, then options, then the shell',
    proof: {
      'cli/commands/create.test.ts': ['takes variables from files, then options, then the shell'],
      'cli/commands/pure.test.ts': ['a bad line is named, but not shown: it may hold a secret'],
    },
  },
  {
    says: 'an array keeps to its limit and is resumed without duplicates',
    proof: {
      'batch/run.test.ts': ['never are more active than allowed'],
      'batch/survive.test.ts': [
        'whenever it is killed, a resumed batch launches each replica exactly once',
      ],
      'cli/jobs/jobs.test.ts': ['an interrupted batch is listed as incomplete, and resumed'],
      'cli/jobs/survive.slow.test.ts': [
        '512 replicas: the platform killed twice, the command three times, each exactly once',
      ],
    },
  },
  {
    says: 'completion answers within a second, and is silent about what fails',
    proof: {
      'cli/completion/complete.test.ts': [
        'that does not answer within a second is not waited for',
        'that refuses, or is not there: silence',
      ],
    },
  },
  {
    says: '--server, --idp and --url hold for one call and change no file',
    proof: {
      'cli/commands/auth/auth.test.ts': [
        '--idp and --server choose for one call and change no file',
      ],
      [frame]: ['60: --url holds for one call and changes no file'],
    },
  },
];
