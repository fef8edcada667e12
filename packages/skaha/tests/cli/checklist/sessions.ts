import { launching, type Statement } from './statement.js';

/** Launching, looking at and ending sessions: 17 to 36. */
export const sessions: readonly Statement[] = [
  {
    says: 'one POST for each replica, with its name, number and their count',
    proof: {
      'session/plan.test.ts': ['has its fields in order, replicas numbered from 1'],
      [launching]: ['17: one request for each replica, numbered only when there are several'],
    },
  },
  {
    says: 'sizes that were not given are not sent',
    proof: {
      'session/plan.test.ts': ['holds only what was asked for; no GPUs are not asked for'],
      [launching]: ['17: one request for each replica, numbered only when there are several'],
    },
  },
  {
    says: 'short image names get the registry of the server and the tag latest',
    proof: {
      'session/create.test.ts': [
        "an image without a host gets the platform's registry and the tag latest",
      ],
      [launching]: ['19: %s is sent as %s'],
    },
  },
  {
    says: 'commands, variables and replicas where they cannot be are refused (2); sizes warn',
    proof: {
      'cli/commands/create.test.ts': ['%s for a notebook', 'replicas of a desktop'],
      'session/plan.test.ts': ['%s sets its size itself'],
      [launching]: ['20: %s cannot have replicas, and sizes are ignored with a warning'],
    },
  },
  {
    says: 'what the server would mangle is refused or encoded',
    proof: {
      'session/create.test.ts': ['what the wire cannot carry is refused before anything is sent'],
      'cli/commands/create-run.test.ts': ['run what cannot stand on a command line'],
    },
  },
  {
    says: 'numbers are held against what the platform offers, else against general bounds',
    proof: {
      'session/create.test.ts': [
        "the platform's own bounds are checked, and asked for once",
        'general bounds hold where the platform does not say what it offers',
      ],
      [launching]: ['22: %s replicas: 2'],
    },
  },
  {
    says: '--dry-run checks everything and sends nothing, in every format',
    proof: {
      'cli/commands/create.test.ts': [
        'checks, shows the exact requests, and launches nothing',
        'JSON and YAML say the same',
        'finds what is wrong',
      ],
    },
  },
  {
    says: 'a refused launch shows what the server said',
    proof: { [launching]: ['24: HTTP %d ends with %d and shows the words of the server'] },
  },
  {
    says: 'partial launches end with 7 and both lists; Ctrl-C with 130 and the ids',
    proof: {
      'cli/commands/create.test.ts': [
        'one of five replicas: exit 7, both lists shown',
        'Ctrl-C in the middle of 50 replicas lists what was launched',
      ],
      'cli/process.test.ts': ['Ctrl-C in the middle of 50 replicas lists those that exist'],
    },
  },
  {
    says: 'ps shows what is pending or running by start; --all and --status show the rest',
    proof: {
      'cli/commands/look.test.ts': [
        'shows what is pending or running',
        '--all and --status show finished ones too; Succeeded is Completed',
      ],
      'cli/commands/foreign.test.ts': ['what has not started comes last'],
    },
  },
  {
    says: 'one malformed session does not hide the others',
    proof: {
      'cli/commands/foreign.test.ts': [
        'one malformed session does not hide the others, and cannot harm the terminal',
      ],
    },
  },
  {
    says: 'each session that failed is named; 4 when none was found, 7 when some were',
    proof: { [launching]: ['28: %s of none: 4; of some: 7; each is named'] },
  },
  {
    says: 'events keep double spaces; none is said to be none',
    proof: {
      'cli/commands/follow.test.ts': [
        '29: show messages with double spaces, and say that there are none',
      ],
    },
  },
  {
    says: 'open refuses what does not run unless told to wait, and prints the address without a browser',
    proof: {
      'cli/commands/act.test.ts': ['refuses what does not run'],
      'cli/commands/create-interactive.test.ts': ['open --wait tells how it goes'],
      'cli/commands/foreign.test.ts': ['prints the address when no browser starts, or when asked'],
    },
  },
  {
    says: 'delete and prune ask; nobody to ask is 2; no is 0 and sends nothing',
    proof: {
      'cli/commands/act.test.ts': [
        'declined: nothing is asked of the server, exit 0',
        'asks with the list',
      ],
      'cli/confirm.test.ts': ['nobody to ask is wrong usage that names the option'],
      [launching]: ['31: %s without a terminal and --yes: 2, and nothing is deleted'],
    },
  },
  {
    says: 'prune reads prefixes, patterns and regular expressions, and counts what it deleted',
    proof: {
      'cli/commands/act.test.ts': [
        'plain text is a prefix; only finished headless sessions by default',
        'a pattern is for whole names, anything else a regular expression',
      ],
      'cli/commands/pure.test.ts': ['a prefix picks exactly what begins with it'],
    },
  },
  {
    says: 'renew sends action=renew and shows the new expiry',
    proof: { 'cli/commands/act.test.ts': ['sends the renewal and shows the expiry'] },
  },
  {
    says: 'an expiry in the past reads as past',
    proof: { 'cli/commands/formats.test.ts': ['34: an expiry in the past reads as past'] },
  },
  {
    says: 'stats uses the maxima of the server; 503 is server.unavailable',
    proof: {
      'cli/commands/watch.test.ts': [
        '35: uses what the server says is the largest',
        '35: HTTP 503 is server.unavailable',
      ],
    },
  },
  {
    says: 'image ls handles several hosts, kinds and machine output',
    proof: {
      'cli/commands/lists.test.ts': ['handles several hosts, and puts the newest first'],
      'cli/commands/act.test.ts': ['image ls'],
    },
  },
];
