import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError } from 'skaha';
import { addContext, type CredentialEntry, listContexts } from 'skaha/config';
import { certificateReader, readAuthorities, tokenReader } from 'skaha/internal/auth/index.js';
import { expandPath, parseServerUrl } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';

export interface ContextAddOptions {
  name: string;
  url?: string | undefined;
  certificate?: string | undefined;
  tokenFile?: string | undefined;
  ca?: string | undefined;
  use: boolean;
}

function serverOf({ url }: ContextAddOptions) {
  if (url === undefined) {
    throw usageError('The address of the server is missing.', 'Give it with --url.');
  }
  const address = parseServerUrl(url);
  if (address?.secure !== true) {
    throw usageError(
      'The address of the server must be an https URL without user, query or fragment.',
      'Give it like  --url https://ws-uv.canfar.net/skaha',
    );
  }
  return { url: address.root, version: address.version ?? 'v1' };
}

function credentialOf(
  { certificate, tokenFile }: ContextAddOptions,
  absolute: (path: string) => string,
): CredentialEntry {
  if ((certificate === undefined) === (tokenFile === undefined)) {
    throw usageError('Give one credential: --certificate FILE or --token-file FILE.');
  }
  return certificate === undefined
    ? { mode: 'token', path: absolute(tokenFile ?? '') }
    : { mode: 'x509', path: absolute(certificate) };
}

/** A file that is not there yet may come later, so it is no error now. */
async function warnIfUnusable(io: Io, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isSkahaError(error)) throw error;
    note(io, `Warning: ${error.message}`);
  }
}

/** Adds a context. */
export const runContextAdd: Run<ContextAddOptions> = async (io, deps, options) => {
  const { name, use } = options;
  const source = configurationSource(io, deps);
  const absolute = (path: string) => expandPath(path, io.env);
  const credential = credentialOf(options, absolute);
  const ca = options.ca === undefined ? {} : { ca: absolute(options.ca) };
  const server = { ...serverOf(options), ...ca };
  const present = (await listContexts(source)).find((context) => context.name === name);
  if (present !== undefined) {
    const where = present.url ?? present.server;
    if (!(await confirm(io, `Replace the context '${name}' (${where})?`))) {
      note(io, 'Nothing was changed.');
      return undefined;
    }
  }
  const activate = use ? 'always' : 'if-none';
  const added = await addContext({ name, server, credential, activate }, source);
  if (ca.ca !== undefined) await warnIfUnusable(io, readAuthorities(ca.ca));
  if (credential.mode === 'x509') {
    await warnIfUnusable(io, certificateReader(credential.path, deps.clock)());
  } else if (added.path !== undefined) await warnIfUnusable(io, tokenReader(added.path)());
  const how = added.active ? 'It is the active one.' : `Use it with 'skaha context use ${name}'.`;
  note(io, `Context '${name}' was ${present === undefined ? 'added' : 'replaced'}. ${how}`);
  return undefined;
};
