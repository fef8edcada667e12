import { type Io, note } from '@skaha/terminal/io.js';
import { listCredentials, type RemovedCredential, removeCredential } from 'skaha/account';
import type { Run } from '../../command.js';
import { accountOptions } from './account.js';

export interface LogoutOptions {
  provider?: string | undefined;
}

/** Says what became of a login that was removed. */
export function tellRemoved(io: Io, { name, revoked, deletedFile }: RemovedCredential): void {
  note(io, `Logged out of ${name}.`);
  if (revoked === false) {
    note(io, 'The identity provider could not be told; its tokens end by themselves.');
  }
  if (deletedFile !== undefined) note(io, `The certificate ${deletedFile} was deleted.`);
}

/** Logs out. */
export const runLogout: Run<LogoutOptions> = async (io, deps, { provider }) => {
  const options = accountOptions(io, deps);
  const all = await listCredentials(options);
  const name = provider ?? deps.globals.idp ?? all.find(({ active }) => active)?.name;
  if (name === undefined) {
    const others = all.map((one) => one.name).join(', ');
    note(
      io,
      all.length === 0 ? 'You are not logged in.' : `No login is in use. Name one: ${others}.`,
    );
    return undefined;
  }
  tellRemoved(io, await removeCredential(name, { ...options, force: true }));
  return undefined;
};
