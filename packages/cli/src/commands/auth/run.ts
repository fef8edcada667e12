import { entry } from '@skaha/base/names.js';
import { firstLine } from '@skaha/base/redact.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { renderItem } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { SkahaError } from 'skaha';
import {
  type CredentialSummary,
  listCredentials,
  purgeCredentials,
  type RemovedCredential,
  readCredential,
  removeCredential,
  type ServerSummary,
  useCredential,
} from 'skaha/account';
import type { Run } from '../../command.js';
import { readConfiguration } from '../../configuration/configuration.js';
import type { Deps } from '../../environment/deps.js';
import { accountOptions, noteActive } from '../account.js';
import type * as def from './definitions.js';
import { loginFields } from './definitions.js';

/** A login for programs; the names of its fields are a promise. */
export const loginDocument = (login: CredentialSummary) =>
  documentOf(loginFields, {
    ...login,
    idp: login.name,
    name: login.providerName ?? login.provider ?? login.name,
  });

const inks: Readonly<Record<CredentialSummary['state'], Ink>> = {
  valid: 'green',
  expired: 'red',
  missing: 'yellow',
  invalid: 'red',
};

const renewed = 'renewed as needed';

function expiryText({ expiry, renewable }: CredentialSummary, now: number): string {
  if (renewable) return renewed;
  return expiry === null ? '-' : relative(new Date(expiry * 1000), now);
}

function longExpiry({ expiry, renewable }: CredentialSummary, now: number): string | undefined {
  if (expiry === null) return renewable ? renewed : undefined;
  const end = new Date(expiry * 1000);
  return `${utc(end)} (${relative(end, now)}${renewable ? ', then renewed' : ''})`;
}

const loginColumns = (now: number): readonly Column<CredentialSummary>[] => [
  column('', ({ active }) => (active ? '*' : '')),
  column('IDP', ({ name }) => name, { ink: ({ active }) => (active ? 'green' : undefined) }),
  column('MODE', ({ mode }) => mode),
  column('STATE', ({ state }) => state, { ink: ({ state }) => inks[state] }),
  column('EXPIRES', (login) => expiryText(login, now)),
  column('SERVER', ({ server }) => server ?? '-'),
];

export const runAuthLs: Run<typeof def.authLsCommand> = async (io, deps) => {
  const rows = await listCredentials(accountOptions(io, deps));
  const columns = loginColumns(deps.now());
  await renderList(
    io,
    { rows, document: loginDocument, columns, name: ({ name }) => name },
    "There are no logins yet. Log in with 'skaha login'.",
  );
};

function noLoginError(name: string | undefined, all: readonly CredentialSummary[]): SkahaError {
  const names = all.map((one) => one.name).join(', ');
  if (name === undefined && names !== '') {
    return new SkahaError('authentication.required', 'No login is in use.', {
      hint: `Choose one with 'skaha auth use IDP': ${names}.`,
    });
  }
  const where = name === undefined ? '' : ` to '${name}'`;
  const command = name === undefined ? 'skaha login' : `skaha login ${name}`;
  const others = names === '' ? '' : ` These logins exist: ${names}.`;
  return new SkahaError('authentication.required', `You are not logged in${where}.`, {
    hint: `Log in with '${command}'.${others}`,
    id: name,
  });
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

export const runAuthShow: Run<typeof def.authShowCommand> = async (io, deps, options) => {
  const login = await findLogin(io, deps, options.provider);
  const { name, providerName, mode, state, path, server, active } = login;
  await renderItem(io, name, loginDocument(login), [
    ['IDP', active ? `${name} (in use)` : name],
    ['Name', providerName],
    ['Mode', mode],
    ['State', state],
    ['Expires', longExpiry(login, deps.now())],
    ['Server', server],
    ['File', path],
  ]);
  return options.check && state !== 'valid' ? 3 : undefined;
};

/** The saved login that is in use; null for one that was given for this call. */
async function loginOf(io: Io, deps: Deps, context: string | undefined): Promise<string | null> {
  if (context === undefined) return null;
  const configuration = await readConfiguration(io, deps);
  // A pair that no context has is named login@server.
  return entry(configuration.contexts, context)?.credential ?? context.split('@')[0] ?? null;
}

export const runWhoami: Run<typeof def.whoamiCommand> = async (io, deps) => {
  const client = await deps.client();
  const { root, mode, context } = await client.connection();
  const reply = await client.request({ method: 'GET', path: ['context'], signal: io.signal });
  const user = firstLine(reply.header('x-vo-authenticated') ?? '');
  if (user === '') {
    throw new SkahaError('response.invalid', `${new URL(root).host} does not say who you are.`, {
      hint: "See what is saved with 'skaha auth show'.",
    });
  }
  const idp = await loginOf(io, deps, context);
  const data = { user, idp, mode, server: root, context: context ?? null };
  await renderItem(io, user, data, [
    ['User', user],
    ['Login', idp ?? `given for this call (${mode})`],
    ['Server', root],
    ['Context', context],
  ]);
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

export const runAuthUse: Run<typeof def.authUseCommand> = async (io, deps, options) => {
  const choose = async (servers: readonly ServerSummary[]) =>
    (await deps.prompts()).choose(
      'Server',
      servers.map(({ name, url }) => ({ value: name, label: name, hint: url })),
      io.signal,
    );
  const activation = await useCredential(options.provider, {
    ...accountOptions(io, deps),
    server: options.server,
    choose: canAsk(io) ? choose : undefined,
  });
  noteActive(io, activation);
};

function noteRemoved(io: Io, { name, revoked, deletedFile }: RemovedCredential): void {
  note(io, `Logged out of ${name}.`);
  if (revoked === false) {
    note(
      io,
      'The identity provider could not be reached to revoke its tokens; they will expire by themselves.',
    );
  }
  if (deletedFile !== undefined) note(io, `The certificate ${deletedFile} was deleted.`);
}

async function remove(io: Io, deps: Deps, name: string): Promise<void> {
  noteRemoved(io, await removeCredential(name, { ...accountOptions(io, deps), force: true }));
}

export const runLogout: Run<typeof def.logoutCommand> = async (io, deps, { provider }) => {
  const all = await listCredentials(accountOptions(io, deps));
  const name = provider ?? deps.globals.idp ?? all.find(({ active }) => active)?.name;
  if (name !== undefined) return remove(io, deps, name);
  const names = all.map((one) => one.name).join(', ');
  note(
    io,
    names === '' ? 'You are not logged in.' : `No login is in use. Specify one of: ${names}.`,
  );
};

export const runAuthRm: Run<typeof def.authRmCommand> = async (io, deps, { provider }) => {
  const { active, name } = await findLogin(io, deps, provider);
  const question = `Remove the login '${name}', which is in use?`;
  if (active && !(await confirm(io, question, 'Nothing was removed.'))) return;
  await remove(io, deps, name);
};

export const runAuthPurge: Run<typeof def.authPurgeCommand> = async (io, deps) => {
  if (!(await confirm(io, 'Remove all logins, contexts and servers?', 'Nothing was removed.')))
    return;
  const removed = await purgeCredentials({ ...accountOptions(io, deps), force: true });
  for (const one of removed) noteRemoved(io, one);
  note(io, 'All logins, contexts and servers were removed.');
};
