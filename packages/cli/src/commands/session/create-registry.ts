import type { Io } from '@skaha/terminal/io.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { RegistryCredential } from 'skaha';
import type { Deps } from '../../deps.js';

/** The options about the registry of a private image. */
export interface RegistryOptions {
  registryUser?: string | undefined;
  registrySecretStdin: boolean;
}

/** Both travel as `name:secret`, and the server splits them at every colon. */
function checked(value: string, what: string): string {
  const text = value.replace(/\r?\n$/, '');
  if (text === '' || text !== text.trim() || /[:\p{Cc}]/u.test(text))
    throw usageError(
      `The ${what} of the registry is empty, or holds a colon, a control character, or blanks around it.`,
      'The platform cannot take such credentials.',
    );
  return text;
}

/**
 * Reads who may pull the image, for this launch only. The secret comes from standard input or from
 * the keyboard, because the command line of a program can be read by everybody on the machine.
 *
 * @returns undefined when nothing was said about it
 * @throws {SkahaError} command.usage, interaction.required
 */
export async function readRegistry(
  io: Io,
  deps: Deps,
  { registryUser, registrySecretStdin }: RegistryOptions,
): Promise<RegistryCredential | undefined> {
  if (registryUser === undefined) {
    if (!registrySecretStdin) return undefined;
    throw usageError('--registry-secret-stdin needs --registry-user.', 'Give both.');
  }
  const username = checked(registryUser, 'user name');
  const secret = registrySecretStdin
    ? await io.readAll()
    : await ask(
        io,
        deps,
        {
          what: 'The secret of the registry is missing.',
          hint: 'Pipe it in with --registry-secret-stdin.',
        },
        (prompts) => prompts.secret(`Secret of ${username} at the registry`, io.signal),
      );
  return { username, secret: checked(secret, 'secret') };
}
