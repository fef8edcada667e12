import { listCredentials } from '../../../account/index.js';
import type { Run } from '../../command.js';
import { isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { table } from '../../output/table.js';
import { accountOptions } from '../login/account.js';
import { credentialColumns, credentialDocument } from './auth-view.js';

/** Lists logins. */
export const runAuthLs: Run<Record<never, never>> = async (io, deps) => {
  const all = await listCredentials(accountOptions(io, deps));
  if (all.length === 0 && !isMachine(io.format)) {
    note(io, "There are no logins yet. Log in with 'skaha login'.");
    return undefined;
  }
  await render(io, {
    data: all.map(credentialDocument),
    table: () => table(io, credentialColumns(deps.now()), all),
    names: () => all.map(({ name }) => name),
  });
  return undefined;
};
