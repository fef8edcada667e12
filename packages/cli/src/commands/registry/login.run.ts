import { note } from '@skaha/terminal/io.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import { updateConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';
import { registryHost } from './host.js';

export interface RegistryLoginOptions {
  host?: string | undefined;
  username?: string | undefined;
  secretStdin: boolean;
}

/** Both travel as `name:secret`, and the server splits them at every colon. */
function checked(value: string, what: string): string {
  const plain = value.replace(/\r?\n$/, '');
  if (plain === '' || plain.length > 255) {
    throw usageError(`The ${what} must have 1 to 255 characters.`);
  }
  if (plain !== plain.trim() || /[:\p{Cc}]/u.test(plain)) {
    throw usageError(
      `The ${what} must have no colon, no control characters, and no blanks around it.`,
    );
  }
  return plain;
}

/** Saves the credentials of an image registry. */
export const runRegistryLogin: Run<RegistryLoginOptions> = async (io, deps, options) => {
  const host = registryHost(options.host);
  const name =
    options.username ??
    (await ask(
      io,
      deps,
      { what: 'The user name is missing.', hint: 'Give it with --username NAME.' },
      (prompts) => prompts.text(`User name at ${host}`, io.signal),
    ));
  const username = checked(name, 'user name');
  const given = options.secretStdin
    ? await io.readAll()
    : await ask(
        io,
        deps,
        { what: 'The secret is missing.', hint: 'Pipe it in with --secret-stdin.' },
        (prompts) => prompts.secret(`Secret of ${username}`, io.signal),
      );
  const secret = checked(given, 'secret');
  const source = configurationSource(io, deps);
  await updateConfiguration(
    source.path,
    (draft) => {
      draft.registries[host] = { ...draft.registries[host], username, secret };
    },
    source,
  );
  note(io, `The credentials of ${username} at ${host} are saved.`);
  return undefined;
};
