import { type Io, isMachine } from '@skaha/terminal/io.js';
import { countDown } from '@skaha/terminal/output/progress.js';
import { plain, width } from '@skaha/terminal/output/text.js';
import { clockFace } from '@skaha/terminal/output/time.js';
import { ask, canAsk } from '@skaha/terminal/prompts/ask.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import {
  type IdentityProvider,
  type LoginMethod,
  offeredModes,
  type Verification,
} from 'skaha/account';
import { expandPath } from 'skaha/config';
import type { OptionsOf } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { localAccount } from '../platform/module.js';
import type { loginCommand } from './definitions.js';

export type LoginCommandOptions = OptionsOf<typeof loginCommand>;

export type LoginKind = Exclude<LoginMethod['type'], 'exchange'>;

/**
 * Reads from the options which kind of login is asked for.
 *
 * @throws {UsageError} `command.usage` when they ask for two
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
    ['browser', '--web', web],
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
async function chooseKind(io: Io, deps: Deps, provider: IdentityProvider): Promise<LoginKind> {
  const usual = provider.mode === 'x509' ? 'password' : 'device';
  if (offeredModes(provider).length === 1) return usual;
  if (io.env['SKAHA_USERNAME'] ?? io.env['SKAHA_PASSWORD']) return 'password';
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
  return ask(
    io,
    deps,
    'The user name is missing.',
    'Give it with --username NAME or SKAHA_USERNAME, and the password with --password-stdin or SKAHA_PASSWORD.',
    (prompts) => prompts.text(`User name for ${name}`, io.signal, usual),
  );
}

async function userPassword(
  io: Io,
  deps: Deps,
  passwordStdin: boolean,
  username: string,
): Promise<string> {
  if (passwordStdin) return readSecret(io, 'password');
  const fromEnvironment = filled(io.env['SKAHA_PASSWORD']);
  if (fromEnvironment !== undefined) return fromEnvironment;
  return ask(
    io,
    deps,
    'The password is missing.',
    'Supply it on standard input with --password-stdin, or set SKAHA_PASSWORD.',
    (prompts) => prompts.secret(`Password of ${username}`, io.signal),
  );
}

const browserPatienceMs = 300_000;

/**
 * Collects what a login needs, asking where that is possible.
 *
 * @param waiting - aborted when nobody waits for an approval any more
 * @throws {UsageError} `interaction.required`, `command.usage`, `command.cancelled`
 */
export async function loginMethod(
  io: Io,
  deps: Deps,
  options: LoginCommandOptions,
  provider: IdentityProvider,
  waiting: AbortSignal,
): Promise<LoginMethod> {
  const { daysValid } = options;
  const type = askedKind(options) ?? (await chooseKind(io, deps, provider));
  switch (type) {
    case 'certificate':
      return { type, path: expandPath(options.certificate ?? '', io.env) };
    case 'token':
      return { type, token: (await readSecret(io, type)).trim() };
    case 'netrc':
      return { type, username: options.username, daysValid };
    case 'browser':
      return {
        type,
        patienceMs: browserPatienceMs,
        onOpen: (url) => showPage(io, deps, options, url, waiting),
      };
    case 'device':
      return {
        type,
        onVerification: (verification) => showCode(io, deps, options, verification, waiting),
      };
    case 'password': {
      const username = await userName(io, deps, options, provider);
      const password = await userPassword(io, deps, options.passwordStdin, username);
      return { type, username, password, daysValid };
    }
  }
}

/** An address as a QR code, when the terminal has room for it. */
async function qrCode(io: Io, address: string): Promise<string | undefined> {
  const { renderUnicodeCompact } = await import('uqr');
  const lines = renderUnicodeCompact(address, { ecc: 'L', border: 2 }).split('\n');
  if (Math.max(...lines.map(width)) + 2 > io.columns) return undefined;
  // Colours of its own, because not every reader takes light squares on a dark ground.
  const [on, off] = io.errStyle('bold', 'x') === 'x' ? ['', ''] : ['\u001B[97;40m', '\u001B[0m'];
  return lines.map((line) => `  ${on}${line}${off}\n`).join('');
}

async function openPage(io: Io, deps: Deps, url: string | undefined): Promise<void> {
  if (url === undefined || (await deps.openBrowser(url))) return;
  io.err('No browser could be opened here; open the address yourself.\n\n');
}

/**
 * Shows link and code of a login that is approved on any device: on a terminal with everything that
 * helps, elsewhere on one line, and to a program as one JSON line.
 */
async function showCode(
  io: Io,
  deps: Deps,
  { noBrowser, noQr }: LoginCommandOptions,
  verification: Verification,
  waiting: AbortSignal,
): Promise<void> {
  const { userCode, verificationUri, expiresInMs } = verification;
  const complete = verification.verificationUriComplete ?? verificationUri;
  if (isMachine(io.format)) {
    const event = {
      event: 'verification',
      verification_uri: verificationUri,
      verification_uri_complete: verification.verificationUriComplete ?? null,
      user_code: userCode,
      expires_in: Math.round(expiresInMs / 1000),
    };
    io.err(`${JSON.stringify(event)}\n`);
    return;
  }
  if (!io.errIsTty) {
    io.err(
      `Open ${plain(complete)} and approve the login with the code ${plain(userCode)}; it is valid for ${clockFace(expiresInMs)} minutes.\n`,
    );
    return;
  }
  io.err(`\nOpen this page, on this device or another, to approve the login:\n\n`);
  io.err(`  ${io.errStyle('bold', plain(complete))}\n\n`);
  io.err(`  Code: ${io.errStyle('bold', plain(userCode))}\n\n`);
  const picture = noQr || io.env['TERM'] === 'dumb' ? undefined : await qrCode(io, complete);
  if (picture !== undefined) io.err(`${picture}\n`);
  if (!noBrowser) await openPage(io, deps, verification.browserUrl);
  countDown(io, deps.clock, 'Waiting for approval', expiresInMs, waiting);
}

/** Opens the page of a login that is approved in the browser of this machine. */
async function showPage(
  io: Io,
  deps: Deps,
  { noBrowser }: LoginCommandOptions,
  url: string,
  waiting: AbortSignal,
): Promise<void> {
  if (isMachine(io.format)) {
    io.err(`${JSON.stringify({ event: 'authorization', url })}\n`);
    return;
  }
  io.err(`Approve the login in a browser on this machine:\n\n  ${plain(url)}\n\n`);
  if (!noBrowser && io.errIsTty) await openPage(io, deps, url);
  countDown(io, deps.clock, 'Waiting for approval', browserPatienceMs, waiting);
}
