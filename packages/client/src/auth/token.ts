import { SkahaError } from '../errors/index.js';
import { type CredentialKind, cachedFile } from './credential-file.js';

const kind: CredentialKind = {
  label: 'Token file',
  hint: "Put a token in that file, or, for the platform on this machine, start it again: 'skaha platform start'",
  maximumSize: 64 * 1024,
};

// The characters of a bearer token (RFC 6750, section 2.1).
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;

/** The contents of a token file. */
export interface TokenFile {
  token: string;
  /** True if the group or other users may read the file. */
  loose: boolean;
}

/**
 * Checks a token that was given directly. The token is in no message.
 *
 * @param token - blanks around it are dropped
 * @param source - where it came from, for the message, for example `SKAHA_TOKEN`
 * @throws {SkahaError} `authentication.credential_invalid`
 */
export function checkedToken(token: string, source: string): string {
  const trimmed = token.trim();
  if (b64token.test(trimmed)) return trimmed;
  const what =
    trimmed === '' ? 'is empty' : 'contains characters that are not allowed in a bearer token';
  throw new SkahaError('authentication.credential_invalid', `The token from ${source} ${what}.`, {
    hint: 'Give only the token, without quotes, "Bearer" or line breaks.',
  });
}

/**
 * Returns a function that reads a token from its file, and reads it again only when the file has
 * changed.
 *
 * @param path - of a file that contains only the token
 * @returns a function that rejects with `authentication.credential_missing` or
 * `authentication.credential_invalid`
 * @example
 * ```ts
 * import { tokenReader } from 'skaha/account';
 *
 * const read = tokenReader('/home/jane/token.txt');
 * console.log((await read()).token.length);
 * ```
 */
export const tokenReader = (path: string): (() => Promise<TokenFile>) =>
  cachedFile(path, kind, ({ text, loose }) => ({
    token: checkedToken(text, `the file ${path}`),
    loose,
  }));
