import { SkahaError } from 'skaha';

/** The reason with which a signal or a closed pipe ends a command. */
export class Interruption extends SkahaError {
  /** The exit status it leads to; a closed pipe is a normal end. */
  readonly exitStatus: 0 | 130 | 143;

  constructor(by: 'SIGINT' | 'SIGTERM' | 'closed pipe') {
    super('command.cancelled', by === 'SIGTERM' ? 'Terminated.' : 'Cancelled.', {
      hint: 'Requests already sent to the server still stand.',
    });
    this.exitStatus = by === 'SIGINT' ? 130 : by === 'SIGTERM' ? 143 : 0;
  }
}
