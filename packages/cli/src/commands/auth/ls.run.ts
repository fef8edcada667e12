import { renderList } from '@skaha/terminal/output/list.js';
import { listCredentials } from 'skaha/account';
import type { Run } from '../../command.js';
import { accountOptions } from '../login/account.js';
import { credentialColumns, credentialDocument } from './auth-view.js';

/** Lists logins. */
export const runAuthLs: Run<Record<never, never>> = async (io, deps) => {
  const all = await listCredentials(accountOptions(io, deps));
  await renderList(
    io,
    {
      rows: all,
      document: credentialDocument,
      columns: credentialColumns(deps.now()),
      name: ({ name }) => name,
    },
    "There are no logins yet. Log in with 'skaha login'.",
  );
  return undefined;
};
