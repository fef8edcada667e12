import type { ErrorCode } from '../errors/index.js';

/** What each exit status says, in the words of the help texts. */
export const exitMeanings = {
  0: 'everything asked for was done',
  1: 'failed',
  2: 'wrong usage, an invalid value, or a confirmation that is missing',
  3: 'not logged in, or the credential is expired or refused',
  4: 'nothing was found by that id or name',
  5: 'a quota or limit is reached',
  6: 'the server cannot be reached, or time ran out',
  7: 'some items were done and some failed',
  8: 'a session ended in failure',
  130: 'cancelled with Ctrl-C',
  143: 'terminated',
} as const;

/** An exit status of the command line. */
export type ExitStatus = keyof typeof exitMeanings;

/** How the command line ends for each error; a new code does not compile until it is decided here. */
export const exitStatuses: Readonly<Record<ErrorCode, ExitStatus>> = {
  'authentication.credential_invalid': 3,
  'authentication.credential_missing': 3,
  'authentication.denied': 3,
  'authentication.expired': 3,
  'authentication.provider_invalid': 3,
  'authentication.required': 3,
  'client.closed': 1,
  'command.cancelled': 130,
  'command.usage': 2,
  'command.validation_failed': 2,
  'config.invalid': 1,
  'config.unwritable': 1,
  internal: 1,
  'partial.failure': 7,
  'platform.already_running': 1,
  'platform.not_installed': 1,
  'platform.not_running': 6,
  'platform.port_in_use': 1,
  'platform.start_failed': 1,
  'platform.storage': 1,
  'quota.exceeded': 5,
  'request.aborted': 130,
  'request.invalid': 2,
  'request.rejected': 1,
  'response.invalid': 1,
  'response.redirect': 1,
  'server.discovery_failed': 6,
  'server.error': 1,
  'server.none_available': 4,
  'server.not_found': 4,
  'server.required': 2,
  'server.unavailable': 6,
  'session.failed': 8,
  'session.not_found': 4,
  'session.not_ready': 1,
  'session.outcome_unknown': 1,
  'transport.failure': 6,
  'transport.timeout': 6,
  'wait.timeout': 6,
};
