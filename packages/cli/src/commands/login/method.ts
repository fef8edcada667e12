import type { Io } from '@skaha/terminal/io.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { IdentityProvider, LoginMethod } from 'skaha/account';
import { expandPath } from 'skaha/internal/config/index.js';
import type { Deps } from '../../deps.js';
import type { Approval } from './approval.js';
import type { LoginKind } from './kind.js';
import type { LoginCommandOptions } from './login.run.js';

const webPatienceMs = 300_000;

const filled = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value;

/** Text from standard input without its last line end; what is inside belongs to it. */
async function readSecret(io: Io, what: string): Promise<string> {
  const text = (await io.readAll()).replace(/\r?\n$/, '');
  if (filled(text) !== undefined) return text;
  throw usageError(`There is no ${what} on standard input.`, `Pipe it in:  … < ${what}.txt`);
}

async function passwordMethod(
  io: Io,
  deps: Deps,
  { username, passwordStdin, daysValid }: LoginCommandOptions,
  { name }: IdentityProvider,
): Promise<LoginMethod> {
  const user =
    filled(username) ??
    filled(io.env['SKAHA_USERNAME']) ??
    (await ask(
      io,
      deps,
      {
        what: 'The user name is missing.',
        hint: 'Give it with --username NAME or SKAHA_USERNAME, and the password with --password-stdin or SKAHA_PASSWORD.',
      },
      (prompts) => prompts.text(`User name at ${name}`, io.signal),
    ));
  const fromEnvironment = filled(io.env['SKAHA_PASSWORD']);
  const password = passwordStdin
    ? await readSecret(io, 'password')
    : (fromEnvironment ??
      (await ask(
        io,
        deps,
        {
          what: 'The password is missing.',
          hint: 'Pipe it in with --password-stdin, or set SKAHA_PASSWORD.',
        },
        (prompts) => prompts.secret(`Password of ${user}`, io.signal),
      )));
  return { type: 'password', username: user, password, daysValid };
}

/**
 * Collects what a kind of login needs, asking where that is possible.
 *
 * @throws {SkahaError} `interaction.required`, `command.usage`, `command.cancelled`
 */
export async function loginMethod(
  io: Io,
  deps: Deps,
  options: LoginCommandOptions,
  login: { kind: LoginKind; provider: IdentityProvider; approval: Approval },
): Promise<LoginMethod> {
  const { kind, provider, approval } = login;
  const { username, daysValid, certificate } = options;
  switch (kind) {
    case 'certificate':
      return { type: 'certificate', path: expandPath(certificate ?? '', io.env) };
    case 'token':
      return { type: 'token', token: (await readSecret(io, 'token')).trim() };
    case 'netrc':
      return { type: 'netrc', username, daysValid };
    case 'web':
      return {
        type: 'browser',
        patienceMs: webPatienceMs,
        onOpen: (url) => approval.openWeb(url, webPatienceMs),
      };
    case 'device':
      return {
        type: 'device',
        onVerification: (verification) => approval.showCode(verification),
      };
    default:
      return passwordMethod(io, deps, options, provider);
  }
}
