import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { SkahaError } from 'skaha';
import { type CredentialSummary, listCredentials } from 'skaha/account';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { accountOptions } from '../login/account.js';
import { credentialDocument, longExpiry } from './auth-view.js';

export interface AuthShowOptions {
  provider?: string | undefined;
  check: boolean;
}

function missing(name: string | undefined, all: readonly CredentialSummary[]): SkahaError {
  const names = all.map((one) => one.name).join(', ');
  const login = name === undefined ? 'skaha login' : `skaha login ${name}`;
  if (name === undefined && all.length > 0) {
    return new SkahaError('authentication.required', 'No login is in use.', {
      hint: `Choose one with  skaha auth use IDP:  ${names}.`,
    });
  }
  return new SkahaError(
    'authentication.required',
    name === undefined ? 'You are not logged in.' : `You are not logged in to '${name}'.`,
    {
      hint: `Log in:  ${login}${names === '' ? '' : `   These logins exist: ${names}.`}`,
      id: name,
    },
  );
}

/**
 * Finds a login: the named one, that of `--idp`, or the one in use.
 *
 * @throws {SkahaError} `authentication.required` when there is none
 */
export async function findLogin(
  io: Io,
  deps: Deps,
  provider: string | undefined,
): Promise<CredentialSummary> {
  const all = await listCredentials(accountOptions(io, deps));
  const name = provider ?? deps.globals.idp;
  const found = all.find((one) => (name === undefined ? one.active : one.name === name));
  if (found === undefined) throw missing(name, all);
  return found;
}

/** Shows a login. */
export const runAuthShow: Run<AuthShowOptions> = async (io, deps, { provider, check }) => {
  const login = await findLogin(io, deps, provider);
  const { name, providerName, mode, state, path, server, active } = login;
  await render(io, {
    data: credentialDocument(login),
    table: () =>
      fields(io, [
        ['IDP', active ? `${name} (in use)` : name],
        ['Name', providerName],
        ['Mode', mode],
        ['State', state],
        ['Expires', longExpiry(login, deps.now())],
        ['Server', server],
        ['File', path],
      ]),
    names: () => [name],
  });
  return check && state !== 'valid' ? 3 : undefined;
};
