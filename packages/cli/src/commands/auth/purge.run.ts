import { confirm } from '@skaha/terminal/confirm.js';
import { note } from '@skaha/terminal/io.js';
import { purgeCredentials } from 'skaha/account';
import type { Run } from '../../command.js';
import { accountOptions } from '../login/account.js';
import { tellRemoved } from '../login/logout.run.js';

/** Removes all logins. */
export const runAuthPurge: Run<Record<never, never>> = async (io, deps) => {
  if (!(await confirm(io, 'Remove all logins, contexts and servers?'))) {
    note(io, 'Nothing was removed.');
    return undefined;
  }
  const removed = await purgeCredentials({ ...accountOptions(io, deps), force: true });
  for (const one of removed) tellRemoved(io, one);
  note(io, 'All logins, contexts and servers are removed.');
  return undefined;
};
