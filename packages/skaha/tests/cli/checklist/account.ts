import { frame, type Statement } from './statement.js';

/** Logging in, the configuration and the log: 37 to 50. */
export const account: readonly Statement[] = [
  {
    says: 'login asks on a terminal, else 3; a cancelled question is 130 and changes nothing',
    proof: {
      'cli/commands/login/login.test.ts': [
        'on a terminal it asks for the provider, the way, the name and, hidden, the password',
        'cancelling question %i ends with 130 and changes nothing',
      ],
      'cli/terminal.test.ts': [
        'Ctrl-C at the password: 130, nothing saved, and the terminal echoes again',
      ],
      'cli/codes.test.ts': ['%s ends with %d, for people and for programs, who get one document'],
    },
  },
  {
    says: 'a good login is kept; an expired one is renewed without --force',
    proof: {
      'cli/commands/login/login.test.ts': [
        'a good login is kept, an expired one and --force are not',
        'the token file of the local platform does not count as a login',
      ],
    },
  },
  {
    says: 'a login with a code shows the link first, needs no browser, and keeps the pace of the provider',
    proof: {
      'cli/commands/login/login.test.ts': [
        'a terminal gets link, code, QR code and countdown, and then the browser',
        'without a terminal one plain line says where; approval ends it',
        '--no-qr and --no-browser leave them out',
        'refusal ends with 3 and saves nothing',
      ],
      'auth/oidc/device.test.ts': [
        'pending, slow_down, pending wait 5, 10 and 10 seconds',
        'nothing is asked after the end of the code',
      ],
    },
  },
  {
    says: 'a password is hidden, in no log, and may come from standard input',
    proof: {
      'cli/commands/login/login.test.ts': [
        'a script pipes the password in; certificate, server and context are there then',
      ],
      'cli/terminal.test.ts': ['a login with menus and a hidden password'],
      'cli/logging.test.ts': ['logging in is traced without what it sends'],
    },
  },
  {
    says: '--dev, --dead, --details, --timeout and --discovery-url exist and do what they say',
    proof: {
      'cli/commands/login/login.test.ts': [
        'several make a menu; dead ones are shown when asked for, with details',
        'another discovery document may be named',
      ],
      [frame]: ['41: login has %s'],
    },
  },
  {
    says: 'one server, --server and a remembered server are not asked about',
    proof: {
      'cli/commands/login/login.test.ts': [
        'a script pipes the password in; certificate, server and context are there then',
        'without a terminal --server is needed; nothing is asked of the provider before',
        'the one used last is taken again',
      ],
    },
  },
  {
    says: 'a failure saves nothing; writes are whole, private, and keep unknown keys',
    proof: {
      'cli/commands/login/failures.test.ts': ['the former login goes on to work'],
      'config/write.test.ts': [
        'S1: a new file is private, in a private directory, and says whose it is',
        'S3: only what changed is changed: comments, order, layout and unknown keys stay',
      ],
      'config/lock.test.ts': [
        'S2: a killed process leaves the old or the new file, and the next can write',
      ],
    },
  },
  {
    says: 'with a corrupt configuration login, version, config path and edit, and completion work; the others name it (1)',
    proof: {
      'cli/matrix.test.ts': ['%s refuses a broken configuration and names it: 1'],
      'cli/commands/login/login.test.ts': [
        'a corrupt configuration is set aside, and comes back when the login fails',
      ],
      'cli/commands/config/edit.test.ts': [
        'a corrupt file can be repaired with it, and a missing one begun',
      ],
      [frame]: ['44: %s works with a corrupt configuration'],
    },
  },
  {
    says: 'files of both generations are imported and left alone; one of another version is refused whole',
    proof: {
      'config/import.test.ts': [
        'logins, servers, pairs, registry and console are taken; dates of certificates are not',
        'bundles become logins, servers and contexts; v0 is found out anew',
      ],
      'config/write.test.ts': ['an invalid file is not touched'],
    },
  },
  {
    says: 'settings have their keys and YAML values; wrong ones change nothing; secrets are hidden',
    proof: {
      'config/settings.test.ts': [
        'values are YAML',
        'several settings are changed at once, or none',
      ],
      'cli/commands/config/config.test.ts': ['show hides every secret, in every form'],
    },
  },
  {
    says: 'options, then SKAHA_LOGLEVEL, then CANFAR_LOGLEVEL; a wrong one is 2 unless an option decides',
    proof: {
      'cli/parse/parser.test.ts': ['%j logs from %s on'],
      'cli/log.test.ts': ['%j decides when no flag does', '%s in the environment is refused'],
    },
  },
  {
    says: 'the log file is appended to, turns over at 10 MiB, and refuses what is no file',
    proof: {
      'cli/log-file.test.ts': ['by default at 10 MiB, with 10 older ones', '%j is refused'],
      'cli/log.test.ts': [
        'is appended to, and has warnings even when programs are told nothing',
        'one that cannot be made is one warning: %s',
      ],
    },
  },
  {
    says: 'no secret is in a log, an error, a dry run, the history or version --debug',
    proof: {
      'cli/secrets.test.ts': [
        'S6, S9: no command shows a secret that a login made, whatever the form and level',
        'S6, S7: nor does a failure',
      ],
      'cli/sentinels.test.ts': [
        'S6: logins of every kind, at the most talkative level, show no secret',
      ],
      'cli/commands/history.test.ts': ['the record is private and holds no secret'],
      [frame]: ['49: the secret of a registry is in no output, file, log or argument'],
    },
  },
  {
    says: 'a token or certificate without a URL is 2; with both the token counts, with a warning',
    proof: {
      'runtime/connection.test.ts': ['of token and certificate the token wins, with a warning'],
      [frame]: ['50: %j without a URL: 2'],
    },
  },
];
