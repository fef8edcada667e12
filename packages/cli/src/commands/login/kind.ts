import type { Io } from '@skaha/terminal/io.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { IdentityProvider } from 'skaha/account';
import { offeredModes } from 'skaha/internal/discovery/index.js';
import type { Deps } from '../../deps.js';
import type { LoginCommandOptions } from './login.run.js';

/** A way to log in. */
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

const flagOf: Readonly<Record<LoginKind, string>> = {
  certificate: '--certificate',
  device: '--device',
  netrc: '--netrc',
  password: '--username or --password-stdin',
  token: '--token-stdin',
  web: '--web',
};

/**
 * Reads from the options which kind of login is asked for.
 *
 * @throws {SkahaError} `command.usage` when they ask for two
 */
export function askedKind(options: LoginCommandOptions): LoginKind | undefined {
  const { certificate, device, netrc, passwordStdin, tokenStdin, username, web } = options;
  const asked: Record<LoginKind, boolean> = {
    certificate: certificate !== undefined,
    device: device || (options.discoveryUrl !== undefined && !web),
    netrc,
    // A netrc file may hold several users.
    password: passwordStdin || (username !== undefined && !netrc),
    token: tokenStdin,
    web,
  };
  const kinds = (Object.keys(asked) as LoginKind[]).filter((kind) => asked[kind]);
  if (kinds.length > 1) {
    throw usageError(
      `${kinds.map((kind) => flagOf[kind]).join(' and ')} cannot be used together.`,
      'Choose one way to log in.',
    );
  }
  return kinds[0];
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
