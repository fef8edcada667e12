import { systemCode } from '@skaha/service/errors.js';
import { type Reply, text } from '@skaha/service/reply.js';

/** The HTTP status of each VOSpace fault. */
const statuses = {
  NotAuthenticated: 401,
  PermissionDenied: 403,
  InvalidURI: 400,
  InvalidArgument: 400,
  InvalidData: 412,
  TypeNotSupported: 400,
  ViewNotSupported: 400,
  OptionNotSupported: 400,
  ProtocolNotSupported: 400,
  InvalidToken: 401,
  NodeNotFound: 404,
  ContainerNotFound: 404,
  UnreadableLinkTarget: 404,
  DuplicateNode: 409,
  RequestEntityTooLarge: 413,
  QuotaExceeded: 413,
  NodeLocked: 423,
  InternalFault: 500,
  ServiceBusy: 503,
} as const;

/** The name of a fault, which clients look for in the text of a reply. */
export type FaultName = keyof typeof statuses;

/** A request that the storage service refuses. */
export class VospaceFault extends Error {
  override readonly name = 'VospaceFault';
  readonly fault: FaultName;

  /**
   * @param fault - its name
   * @param detail - what is wrong; the caller sees it, so it must not contain secrets
   */
  constructor(fault: FaultName, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }

  get status(): number {
    return statuses[this.fault];
  }

  /** Name and detail, as in a reply and in the error summary of a job. */
  get words(): string {
    return `${this.fault}: ${this.message}`;
  }
}

/** A path for use in messages. */
export const shown = (path: readonly string[]): string => `/${path.join('/')}`;

const bySystem: Readonly<Record<string, readonly [FaultName, string]>> = {
  EACCES: ['PermissionDenied', 'the system denies access to'],
  EPERM: ['PermissionDenied', 'the system denies access to'],
  EROFS: ['PermissionDenied', 'the file system is read-only:'],
  ENOENT: ['NodeNotFound', 'there is no'],
  ENOTDIR: ['NodeNotFound', 'this should be a folder and is not:'],
  // A session replaced something by a link after the path was checked.
  ELOOP: ['NodeNotFound', 'it changed while it was being read:'],
  EEXIST: ['DuplicateNode', 'there is already'],
  ENOTEMPTY: ['InvalidArgument', 'the folder is not empty:'],
  EISDIR: ['InvalidArgument', 'it is a folder:'],
  EINVAL: ['InvalidArgument', 'the file system refuses'],
  ENAMETOOLONG: ['InvalidURI', 'a name is longer than 255 bytes in'],
  ENOSPC: ['QuotaExceeded', 'no space left on the disk for'],
  EDQUOT: ['QuotaExceeded', 'the quota of the disk is used up:'],
  ETIMEDOUT: ['ServiceBusy', 'the disk does not answer, try again:'],
  EMFILE: ['ServiceBusy', 'too many open files, try again:'],
  EXDEV: ['InvalidArgument', 'not supported between two disks:'],
};

/**
 * Converts an error to a fault; undefined for an error that no request can cause.
 *
 * @param path - what it is about
 */
export function asFault(error: unknown, path: readonly string[] = []): VospaceFault | undefined {
  if (error instanceof VospaceFault) return error;
  const [fault, words] = bySystem[systemCode(error) ?? ''] ?? [];
  return fault === undefined
    ? undefined
    : new VospaceFault(fault, `${words} ${shown(path)}`, error);
}

/** The reply for a fault. */
export const faultReply = (fault: VospaceFault): Reply => ({
  ...text(fault.words, fault.status),
  ...(fault.fault === 'ServiceBusy'
    ? { headers: { 'content-type': 'text/plain', 'retry-after': '5' } }
    : {}),
});
