import { type ErrorCode, SkahaError } from 'skaha';

/** The reason with which a signal or a closed pipe ends a command. */
export class Interruption extends SkahaError {
  /** The exit status it leads to; a closed pipe is a normal end. */
  readonly exitStatus: 0 | 130 | 143;

  constructor(by: 'SIGINT' | 'SIGTERM' | 'closed pipe') {
    super('command.cancelled', by === 'SIGTERM' ? 'Terminated.' : 'Cancelled.', {
      hint: 'Requests that were already sent to the server still take effect.',
    });
    this.exitStatus = by === 'SIGINT' ? 130 : by === 'SIGTERM' ? 143 : 0;
  }
}

/** What each exit status says, in the words of the help texts. */
export const exitMeanings = {
  0: 'success',
  1: 'failed',
  2: 'wrong usage, an invalid value, or a missing confirmation',
  3: 'not logged in, or the credential has expired or was refused',
  4: 'nothing was found with that id or name',
  5: 'a quota or limit was reached',
  6: 'the server could not be reached, or time ran out',
  7: 'some items were done and some failed',
  8: 'a session failed',
  130: 'cancelled with Ctrl-C',
  143: 'terminated',
} as const;

export type ExitStatus = keyof typeof exitMeanings;

/** How the command line ends for each error; a new code does not compile until it is decided here. */
export const exitStatuses: Readonly<Record<ErrorCode, ExitStatus>> = {
  'alias.not_found': 4,
  'authentication.credential_invalid': 3,
  'authentication.credential_missing': 3,
  'authentication.denied': 3,
  'authentication.expired': 3,
  'authentication.provider_invalid': 3,
  'authentication.required': 3,
  'batch.cancelled': 1,
  'batch.exists': 2,
  'cluster.exists': 2,
  'cluster.head_failed': 8,
  'cluster.limit': 5,
  'cluster.not_found': 4,
  'batch.journal_invalid': 1,
  'batch.journal_unwritable': 1,
  'batch.locked': 1,
  'batch.not_found': 4,
  'batch.other_server': 2,
  'batch.rolled_back': 1,
  'client.closed': 1,
  'command.cancelled': 130,
  'command.usage': 2,
  'command.validation_failed': 2,
  'config.invalid': 1,
  'config.login_required_after_reset': 3,
  'config.unwritable': 1,
  'context.not_found': 4,
  'extension.unusable': 1,
  'interaction.required': 3,
  internal: 1,
  'logging.file_sink_unavailable': 1,
  'logging.invalid_env_value': 2,
  'logging.invalid_file_path': 2,
  'output.conflict': 2,
  'output.unsupported_mode': 2,
  'partial.failure': 7,
  'platform.already_running': 1,
  'platform.not_installed': 1,
  'platform.not_running': 6,
  'platform.port_in_use': 1,
  'platform.start_failed': 1,
  'platform.storage': 1,
  'platform.store_unavailable': 6,
  'proxy.authentication_required': 6,
  'proxy.invalid': 2,
  'proxy.refused': 6,
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
  'session.exec_unsupported': 1,
  'session.failed': 8,
  'session.not_found': 4,
  'session.not_ready': 1,
  'session.outcome_unknown': 1,
  'storage.checksum': 1,
  'storage.differs': 1,
  'storage.exists': 1,
  'storage.forbidden': 1,
  'storage.invalid_name': 2,
  'storage.local': 1,
  'storage.locked': 1,
  'storage.not_empty': 1,
  'storage.not_found': 4,
  'storage.quota': 5,
  'storage.service_unknown': 4,
  'storage.uncertain': 1,
  'storage.unsupported': 1,
  'storage.wrong_kind': 1,
  'transport.failure': 6,
  'transport.socket_untrusted': 6,
  'transport.timeout': 6,
  'wait.timeout': 6,
};
