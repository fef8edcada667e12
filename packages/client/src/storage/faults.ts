import { type ErrorCode, SkahaError, type SkahaErrorOptions } from '../errors/index.js';
import { retryAfter, serverText } from '../hooks/errors.js';
import type { IncomingReply, OutgoingRequest } from '../hooks/types.js';

interface Fault {
  code: ErrorCode;
  message: (path: string) => string;
  hint: string;
  retryable?: boolean | undefined;
}

const fault = (
  code: ErrorCode,
  message: (path: string) => string,
  hint: string,
  retryable = false,
): Fault => ({ code, message, hint, retryable });

const notFound = fault(
  'storage.not_found',
  (path) => `${path} does not exist.`,
  "Check its spelling: 'skaha data ls' shows what exists.",
);
const folderMissing = fault(
  'storage.not_found',
  (path) => `The folder above ${path} does not exist.`,
  "Create it first: 'skaha data mkdir -p'",
);
const forbidden = fault(
  'storage.forbidden',
  (path) => `You are not allowed to do that with ${path}.`,
  "Ask its owner for permission, or check who you are with 'skaha whoami'.",
);
const exists = fault(
  'storage.exists',
  (path) => `${path} already exists.`,
  'Choose another name, or remove it first.',
);
const locked = fault(
  'storage.locked',
  (path) => `${path} is locked at the moment.`,
  'Try again later; its owner can unlock it.',
  true,
);
const full = fault(
  'storage.quota',
  (path) => `There is no room for ${path}: the quota is used up.`,
  "See how much space there is with 'skaha data quota', and remove what you no longer need.",
);
const unsupported = fault(
  'storage.unsupported',
  (path) => `The storage service cannot do that with ${path}.`,
  'Another way may exist; see the documentation of the service.',
);
const checksum = fault(
  'storage.checksum',
  (path) => `${path} did not arrive as it was sent: its checksum differs.`,
  'Send it again.',
);
const wrongKind = fault(
  'storage.wrong_kind',
  (path) => `${path} is not of the kind requested; it may be a link or a folder.`,
  "See what it is with 'skaha data info'.",
);
const badName = fault(
  'storage.invalid_name',
  (path) => `The storage service does not accept the name ${path}.`,
  'Give it another name.',
);

/** By the word with which the service begins its answer. */
const byWord: Readonly<Record<string, Fault>> = {
  ContainerNotFound: folderMissing,
  NodeNotFound: notFound,
  UnreadableLinkTarget: notFound,
  DuplicateNode: exists,
  LinkFound: wrongKind,
  NodeLocked: locked,
  OptionNotSupported: unsupported,
  PermissionDenied: forbidden,
  ProtocolNotSupported: unsupported,
  QuotaExceeded: full,
  RequestEntityToolarge: full,
  RequestEntityTooLarge: full,
  TypeNotSupported: unsupported,
  ViewNotSupported: unsupported,
  InvalidURI: badName,
};

const byStatus: ReadonlyMap<number, Fault> = new Map([
  [403, forbidden],
  [404, notFound],
  [405, unsupported],
  [409, exists],
  [412, checksum],
  [413, full],
  [423, locked],
  [501, unsupported],
  [507, full],
]);

function faultOf(status: number, text: string): Fault | undefined {
  const word = /^([A-Z][A-Za-z]+)\b/.exec(text)?.[1] ?? '';
  if (Object.hasOwn(byWord, word)) return byWord[word];
  if (status !== 401 && /\bquota\b/i.test(text)) return full;
  return byStatus.get(status);
}

function errorOf(found: Fault, path: string, facts: SkahaErrorOptions): SkahaError {
  const { code, message, hint, retryable } = found;
  return new SkahaError(code, message(path), { ...facts, id: path, hint, retryable });
}

/**
 * Words for a reply of a storage service that is a refusal.
 *
 * @param path - what was asked for
 * @param now - milliseconds since the epoch
 * @returns undefined where the words of every call fit: logins, and services in trouble
 */
export const refusalOf =
  (path: string, now: () => number) =>
  (request: OutgoingRequest, reply: IncomingReply): SkahaError | undefined => {
    const { status } = reply;
    const serverMessage = serverText(request, reply);
    const retryAfterMs = retryAfter(reply, now());
    const facts = { status, serverMessage, retryAfterMs };
    const found = faultOf(status, serverMessage ?? '');
    // What is to be made need not be there, but its folder must.
    const known = found === notFound && request.method === 'PUT' ? folderMissing : found;
    if (known !== undefined) return errorOf(known, path, facts);
    if (status < 400 || status === 401 || status === 429 || status >= 500) return undefined;
    const said = serverMessage === undefined ? '.' : `: ${serverMessage}`;
    return new SkahaError(
      'request.rejected',
      `The storage service refused (HTTP ${status})${said}`,
      {
        ...facts,
        id: path,
        hint: "Check the request; if it looks right, ask the platform's support.",
      },
    );
  };

/** Words for a job of the service that failed. */
export function jobError(path: string, message: string | undefined): SkahaError {
  const text = message ?? '';
  const known =
    faultOf(0, text) ??
    (/permission|denied|not authorized/i.test(text)
      ? forbidden
      : /not found/i.test(text)
        ? notFound
        : /exist|duplicate/i.test(text)
          ? exists
          : /not supported/i.test(text)
            ? unsupported
            : undefined);
  if (known !== undefined) return errorOf(known, path, { serverMessage: message });
  const said = text === '' ? '' : ` It said: ${text.slice(0, 200)}`;
  return new SkahaError('request.rejected', `The storage service could not do it.${said}`, {
    id: path,
    serverMessage: message,
    hint: "Try again later; if this persists, send this text to the platform's support.",
  });
}
