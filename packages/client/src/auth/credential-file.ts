import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { systemCode } from '@skaha/base/system-code.js';
import { type ErrorCode, SkahaError } from '../errors/index.js';

/** A file as it was last read. */
export interface CredentialFile {
  text: string;
  /** True when the group or others may read it. */
  loose: boolean;
}

/** What a kind of credential file is called, and what to do when there is none. */
export interface CredentialKind {
  /** Begins a message, for example `Certificate`. */
  label: string;
  hint: string;
  /** Longest file that is read, in bytes. */
  maximumSize: number;
}

function failure(kind: CredentialKind, path: string, code: ErrorCode, what: string): SkahaError {
  return new SkahaError(code, `${kind.label} ${path} ${what}.`, { hint: kind.hint });
}

function readFailure(kind: CredentialKind, path: string, error: unknown): SkahaError {
  if (error instanceof SkahaError) return error;
  const reason = systemCode(error);
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return failure(kind, path, 'authentication.credential_missing', 'does not exist');
  }
  return new SkahaError(
    'authentication.credential_invalid',
    `${kind.label} ${path} is not readable.`,
    {
      hint: `Give yourself access to it: chmod 600 '${path}'`,
      cause: error,
    },
  );
}

// At once, not by promises: these files are small and nearby, and to hand each step to another
// thread takes longer than the step.
function readOnce(path: string, kind: CredentialKind): CredentialFile {
  // Before opening, because opening a pipe would wait for its other end.
  if (!statSync(path).isFile()) {
    throw failure(kind, path, 'authentication.credential_invalid', 'is not a file');
  }
  const file = openSync(path, 'r');
  try {
    const { size, mode } = fstatSync(file);
    if (size > kind.maximumSize) {
      throw failure(kind, path, 'authentication.credential_invalid', 'is too large');
    }
    const text = readFileSync(file, 'utf8');
    return { text, loose: process.platform !== 'win32' && (mode & 0o077) !== 0 };
  } finally {
    closeSync(file);
  }
}

function fingerprint(path: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/**
 * Makes a function that reads a credential file and understands it, and does both again only when
 * the file has changed.
 *
 * @param path - of the file
 * @param kind - for messages
 * @param understand - turns the text into the credential, or throws
 */
export function cachedFile<Value>(
  path: string,
  kind: CredentialKind,
  understand: (file: CredentialFile) => Value,
): () => Promise<Value> {
  let known: { print: string; value: Value } | undefined;
  return async () => {
    try {
      // Taken before reading: a change in between is then noticed at the next call.
      const print = fingerprint(path);
      if (known?.print !== print) known = { print, value: understand(readOnce(path, kind)) };
      return known.value;
    } catch (error) {
      known = undefined;
      throw readFailure(kind, path, error);
    }
  };
}
