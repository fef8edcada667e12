import { systemClock } from '@skaha/base/clock.js';
import { entry } from '@skaha/base/names.js';
import { firstLine } from '@skaha/base/redact.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { SkahaError } from 'skaha';
import {
  type AccountOptions,
  type CredentialSummary,
  listCredentials,
  type RemovedCredential,
  removeCredential,
} from 'skaha/account';
import type { Run } from '../command.js';
import { readConfiguration, warn } from '../configuration.js';
import type { Deps } from '../deps.js';
import type { logoutCommand, whoamiCommand } from './auth/login-definitions.js';

/** The options of every call about logins and servers, as this command line says them. */
export function accountOptions(io: Io, { globals, clock, logger }: Deps): AccountOptions {
  return {
    config: globals.config,
    ca: globals.ca,
    environment: io.env,
    timeoutMs: globals.timeoutMs,
    signal: io.signal,
    logger,
    // The usual clock goes unnamed: waiting then has a measure of its own, which cannot jump.
    clock: clock === systemClock ? undefined : clock,
    onWarning: (warning) => warn(io, warning),
  };
}

const overridingVariables = [
  'SKAHA_TOKEN',
  'SKAHA_CERTIFICATE',
  'CANFAR_TOKEN',
  'CANFAR_CERTIFICATE',
] as const;

/** Warns when a variable outranks the choice that was just made. */
export function warnOfVariables(io: Io, context: string | undefined): void {
  const named = io.env['SKAHA_CONTEXT']?.trim() ?? '';
  if (named !== '' && named !== context) {
    warn(io, `SKAHA_CONTEXT is set to '${named}', which takes precedence.`);
  }
  const set = overridingVariables.find((name) => (io.env[name]?.trim() ?? '') !== '');
  if (set !== undefined) warn(io, `${set} is set, which takes precedence.`);
}

/**
 * Says what a login has come to.
 *
 * @param told - who it is for, and whether it was there before
 */
export function describeLogin(
  { name, expiry, renewable, server, active }: CredentialSummary,
  told: { user?: string | undefined; kept: boolean },
  now: number,
): string[] {
  const as = told.user === undefined ? '' : ` as ${plain(told.user)}`;
  const end = expiry === null ? undefined : new Date(expiry * 1000);
  const until = end === undefined || renewable ? '' : ` until ${utc(end)} (${relative(end, now)})`;
  const already = told.kept ? 'Already logged' : 'Logged';
  const lines = [`${already} in to ${name}${as}${until}.`];
  if (active && server !== undefined) {
    lines.push(`Sessions run at ${server}${told.kept ? '' : ' from now on'}.`);
  }
  if (!active || server === undefined)
    lines.push(`Another login is active. Switch to this one with 'skaha auth use ${name}'.`);
  if (told.kept) lines.push('Log in again with --force.');
  return lines;
}

/** Says what became of a login that was removed. */
export function noteRemoved(io: Io, { name, revoked, deletedFile }: RemovedCredential): void {
  note(io, `Logged out of ${name}.`);
  if (revoked === false) {
    note(
      io,
      'The identity provider could not be reached to revoke its tokens; they will expire by themselves.',
    );
  }
  if (deletedFile !== undefined) note(io, `The certificate ${deletedFile} was deleted.`);
}

export const runLogout: Run<typeof logoutCommand> = async (io, deps, { provider }) => {
  const options = accountOptions(io, deps);
  const all = await listCredentials(options);
  const name = provider ?? deps.globals.idp ?? all.find(({ active }) => active)?.name;
  if (name === undefined) {
    const others = all.map((one) => one.name).join(', ');
    note(
      io,
      all.length === 0
        ? 'You are not logged in.'
        : `No login is in use. Specify one of: ${others}.`,
    );
    return;
  }
  noteRemoved(io, await removeCredential(name, { ...options, force: true }));
};

/** The saved login that is in use; null for one that was given for this call. */
async function loginOf(io: Io, deps: Deps, context: string | undefined): Promise<string | null> {
  if (context === undefined) return null;
  const configuration = await readConfiguration(io, deps);
  // A pair that no context has is named login@server.
  return entry(configuration.contexts, context)?.credential ?? context.split('@')[0] ?? null;
}

export const runWhoami: Run<typeof whoamiCommand> = async (io, deps) => {
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
  await render(io, {
    data: { user, idp, mode, server: root, context: context ?? null },
    table: () =>
      fields(io, [
        ['User', user],
        ['Login', idp ?? `given for this call (${mode})`],
        ['Server', root],
        ['Context', context],
      ]),
    names: () => [user],
  });
};
