import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column, fields } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { SkahaError } from 'skaha';
import {
  type Activation,
  type CredentialSummary,
  listCredentials,
  purgeCredentials,
  readCredential,
  removeCredential,
  type ServerSummary,
  useCredential,
} from 'skaha/account';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { accountOptions, noteRemoved, warnOfVariables } from '../account.js';
import type * as def from './definitions.js';
import { loginFields } from './definitions.js';

/** A login for programs; the names of its fields are a promise. */
export function credentialDocument(credential: CredentialSummary) {
  const { name, provider, providerName } = credential;
  return documentOf(loginFields, {
    ...credential,
    idp: name,
    name: providerName ?? provider ?? name,
  });
}

const inks: Readonly<Record<CredentialSummary['state'], Ink>> = {
  valid: 'green',
  expired: 'red',
  missing: 'yellow',
  invalid: 'red',
};

export function expiryText({ expiry, renewable }: CredentialSummary, now: number): string {
  if (renewable) return 'renewed as needed';
  return expiry === null ? '-' : relative(new Date(expiry * 1000), now);
}

export function longExpiry(credential: CredentialSummary, now: number): string | undefined {
  const { expiry, renewable } = credential;
  if (expiry === null) return renewable ? 'renewed as needed' : undefined;
  const end = new Date(expiry * 1000);
  const word = renewable ? ', then renewed' : '';
  return `${utc(end)} (${relative(end, now)}${word})`;
}

export const credentialColumns = (now: number): readonly Column<CredentialSummary>[] => [
  column('', ({ active }) => (active ? '*' : '')),
  column('IDP', ({ name }) => name, { ink: ({ active }) => (active ? 'green' : undefined) }),
  column('MODE', ({ mode }) => mode),
  column('STATE', ({ state }) => state, { ink: ({ state }) => inks[state] }),
  column('EXPIRES', (credential) => expiryText(credential, now)),
  column('SERVER', ({ server }) => server ?? '-'),
];

export const runAuthLs: Run<typeof def.authLsCommand> = async (io, deps) => {
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
};

function noLoginError(name: string | undefined, all: readonly CredentialSummary[]): SkahaError {
  const names = all.map((one) => one.name).join(', ');
  const login = name === undefined ? 'skaha login' : `skaha login ${name}`;
  if (name === undefined && all.length > 0) {
    return new SkahaError('authentication.required', 'No login is in use.', {
      hint: `Choose one with 'skaha auth use IDP': ${names}.`,
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
  if (found === undefined) throw noLoginError(name, all);
  return found;
}

export const runAuthShow: Run<typeof def.authShowCommand> = async (
  io,
  deps,
  { provider, check },
) => {
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

export const runAuthToken: Run<typeof def.authTokenCommand> = async (io, deps) => {
  const client = await deps.client();
  const { mode } = await client.connection();
  if (mode !== 'token') {
    throw new SkahaError('request.invalid', 'The login in use is a certificate; it has no token.', {
      hint: "Choose a login with a token: 'skaha auth token --idp IDP'",
    });
  }
  io.out(`${(await readCredential(client)).token}\n`);
};

/** The menu of servers, where somebody can be asked. */
export const serverMenu = (io: Io, deps: Deps) =>
  canAsk(io)
    ? async (servers: readonly ServerSummary[]) =>
        (await deps.prompts()).choose(
          'Server',
          servers.map(({ name, url }) => ({ value: name, label: name, hint: url })),
          io.signal,
        )
    : undefined;

const reasons: Partial<Record<Activation['reason'], string>> = {
  remembered: ', as last time',
  single: ', the only one',
};

export function noteActive(io: Io, { context, credential, server, reason }: Activation): void {
  note(
    io,
    `Context '${context}' is active: ${credential} at ${server.name}${reasons[reason] ?? ''}.`,
  );
  warnOfVariables(io, context);
}

export const runAuthUse: Run<typeof def.authUseCommand> = async (
  io,
  deps,
  { provider, server },
) => {
  const options = { ...accountOptions(io, deps), server, choose: serverMenu(io, deps) };
  noteActive(io, await useCredential(provider, options));
};

export const runAuthRm: Run<typeof def.authRmCommand> = async (io, deps, { provider }) => {
  const { active, name } = await findLogin(io, deps, provider);
  const question = `Remove the login '${name}', which is in use?`;
  if (active && !(await confirm(io, question, 'Nothing was removed.'))) return;
  noteRemoved(io, await removeCredential(name, { ...accountOptions(io, deps), force: true }));
};

export const runAuthPurge: Run<typeof def.authPurgeCommand> = async (io, deps) => {
  if (!(await confirm(io, 'Remove all logins, contexts and servers?', 'Nothing was removed.')))
    return;
  const removed = await purgeCredentials({ ...accountOptions(io, deps), force: true });
  for (const one of removed) noteRemoved(io, one);
  note(io, 'All logins, contexts and servers were removed.');
};
