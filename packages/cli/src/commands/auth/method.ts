import type { Io } from '@skaha/terminal/io.js';
import { ask, canAsk } from '@skaha/terminal/prompts/ask.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { type IdentityProvider, type LoginMethod, offeredModes } from 'skaha/account';
import { expandPath } from 'skaha/config';
import type { OptionsOf } from '../../command.js';
import type { Deps } from '../../deps.js';
import { localAccount } from '../platform/module.js';
import type { Approval } from './approval.js';
import type { loginCommand } from './login-definitions.js';

export type LoginCommandOptions = OptionsOf<typeof loginCommand>;

export type LoginKind = 'certificate' | 'device' | 'netrc' | 'password' | 'token' | 'web';

/** What a login of each kind leaves behind. */
export const modeOfKind = {
  certificate: 'x509',
  device: 'oidc',
  netrc: 'x509',
  password: 'x509',
  token: 'token',
  web: 'oidc',
} as const satisfies Record<LoginKind, string>;

/**
 * Reads from the options which kind of login is asked for.
 *
 * @throws {SkahaError} `command.usage` when they ask for two
 */
export function askedKind(options: LoginCommandOptions): LoginKind | undefined {
  const { certificate, device, netrc, passwordStdin, tokenStdin, username, web } = options;
  const asked: readonly (readonly [LoginKind, flag: string, isAsked: boolean])[] = [
    ['certificate', '--certificate', certificate !== undefined],
    ['device', '--device', device || (options.discoveryUrl !== undefined && !web)],
    ['netrc', '--netrc', netrc],
    // A netrc file may hold several users.
    [
      'password',
      '--username or --password-stdin',
      passwordStdin || (username !== undefined && !netrc),
    ],
    ['token', '--token-stdin', tokenStdin],
    ['web', '--web', web],
  ];
  const flag = onlyOne(
    Object.fromEntries(asked.map(([, name, isAsked]) => [name, isAsked])),
    'Use only one of them.',
  );
  return asked.find(([, name]) => name === flag)?.[0];
}

/**
 * Decides how to log in when no option says so: the only way there is, else a question, else the
 * provider's usual way.
 */
export async function chooseKind(
  io: Io,
  deps: Deps,
  provider: IdentityProvider,
): Promise<LoginKind> {
  const modes = offeredModes(provider);
  const prepared = Boolean(io.env['SKAHA_USERNAME'] ?? io.env['SKAHA_PASSWORD']);
  const usual = provider.mode === 'x509' ? 'password' : 'device';
  if (modes.length === 1) return usual;
  if (prepared) return 'password';
  if (!canAsk(io)) return usual;
  const prompts = await deps.prompts();
  const chosen = await prompts.choose(
    'How do you want to log in?',
    [
      { value: 'password', label: 'With user name and password' },
      { value: 'device', label: 'In a browser, on this device or another' },
    ],
    io.signal,
  );
  return chosen === 'device' ? 'device' : 'password';
}

const webPatienceMs = 300_000;

const filled = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value;

/** Text from standard input without its last line end; what is inside belongs to it. */
async function readSecret(io: Io, what: string): Promise<string> {
  const text = (await io.readAll()).replace(/\r?\n$/, '');
  if (filled(text) !== undefined) return text;
  throw usageError(
    `There is no ${what} on standard input.`,
    `Supply it from a file: … < ${what}.txt`,
  );
}

async function userName(
  io: Io,
  deps: Deps,
  { username, passwordStdin }: LoginCommandOptions,
  { name, ca }: IdentityProvider,
): Promise<string> {
  const given = filled(username) ?? filled(io.env['SKAHA_USERNAME']);
  if (given !== undefined) return given;
  const usual = (await localAccount(ca))?.user;
  const hasPassword = passwordStdin || filled(io.env['SKAHA_PASSWORD']) !== undefined;
  if (usual !== undefined && hasPassword) return usual;
  return await ask(
    io,
    deps,
    {
      what: 'The user name is missing.',
      hint: 'Give it with --username NAME or SKAHA_USERNAME, and the password with --password-stdin or SKAHA_PASSWORD.',
    },
    (prompts) => prompts.text(`User name for ${name}`, io.signal, usual),
  );
}

async function passwordMethod(
  io: Io,
  deps: Deps,
  options: LoginCommandOptions,
  provider: IdentityProvider,
): Promise<LoginMethod> {
  const { passwordStdin, daysValid } = options;
  const user = await userName(io, deps, options, provider);
  const fromEnvironment = filled(io.env['SKAHA_PASSWORD']);
  const password = passwordStdin
    ? await readSecret(io, 'password')
    : (fromEnvironment ??
      (await ask(
        io,
        deps,
        {
          what: 'The password is missing.',
          hint: 'Supply it on standard input with --password-stdin, or set SKAHA_PASSWORD.',
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
