import { systemCode } from '@skaha/service/errors.js';
import { type Reply, text } from '@skaha/service/reply.js';

/** The status that each fault of VOSpace is answered with. */
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

/** The name of a fault, as clients look for it in the text of an answer. */
export type FaultName = keyof typeof statuses;

/** A request that the storage service refuses. */
export class VospaceFault extends Error {
  override readonly name = 'VospaceFault';
  readonly fault: FaultName;

  /**
   * @param fault - its name
   * @param detail - what is wrong, with what; it goes to the caller and holds no secret
   */
  constructor(fault: FaultName, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }

  get status(): number {
    return statuses[this.fault];
  }

  /** Name and detail, as they stand in an answer and in the summary of a job. */
  get words(): string {
    return `${this.fault}: ${this.message}`;
  }
}

/** A path in the words of messages. */
export const shown = (path: readonly string[]): string => `/${path.join('/')}`;

const bySystem: Readonly<Record<string, readonly [FaultName, string]>> = {
  EACCES: ['PermissionDenied', 'the system denies access to'],
  EPERM: ['PermissionDenied', 'the system denies access to'],
  EROFS: ['PermissionDenied', 'the file system is read-only:'],
  ENOENT: ['NodeNotFound', 'there is no'],
  ENOTDIR: ['NodeNotFound', 'this should be a folder and is not:'],
  // Somebody put a link in the way after the path was looked at.
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
 * Whatever went wrong, as a fault; undefined when it is none that a caller can bring about.
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

/** A fault as an answer. */
export const faultReply = (fault: VospaceFault): Reply => ({
  ...text(fault.words, fault.status),
  ...(fault.fault === 'ServiceBusy'
    ? { headers: { 'content-type': 'text/plain', 'retry-after': '5' } }
    : {}),
});
