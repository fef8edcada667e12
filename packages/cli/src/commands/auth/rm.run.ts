import { confirm } from '@skaha/terminal/confirm.js';
import { note } from '@skaha/terminal/io.js';
import { removeCredential } from 'skaha/account';
import type { Run } from '../../command.js';
import { accountOptions } from '../login/account.js';
import { tellRemoved } from '../login/logout.run.js';
import { findLogin } from './show.run.js';

export interface AuthRmOptions {
  provider: string;
}

/** Removes a login. */
export const runAuthRm: Run<AuthRmOptions> = async (io, deps, { provider }) => {
  const { active, name } = await findLogin(io, deps, provider);
  if (active && !(await confirm(io, `Remove the login '${name}', which is in use?`))) {
    note(io, 'Nothing was removed.');
    return undefined;
  }
  tellRemoved(io, await removeCredential(name, { ...accountOptions(io, deps), force: true }));
  return undefined;
};
