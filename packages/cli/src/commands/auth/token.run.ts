import { SkahaError } from 'skaha';
import type { Run } from '../../command.js';

/** Prints a token. */
export const runAuthToken: Run<Record<never, never>> = async (io, deps) => {
  const client = await deps.client();
  const { credential } = await client.core.connection();
  if (credential.mode !== 'token') {
    throw new SkahaError('request.invalid', 'The login in use is a certificate; it has no token.', {
      hint: 'Choose a login with a token:  skaha auth token --idp IDP',
    });
  }
  io.out(`${await credential.read()}\n`);
  return undefined;
};
