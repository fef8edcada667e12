import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { BodyError, readBody as receiveBody } from '@skaha/service/body.js';
import { empty, type Reply, withHeaders } from '@skaha/service/reply.js';
import type { Directory } from '../disk/directory.js';
import type { AttributeStore } from './attributes.js';
import { VospaceFault } from './fault.js';
import type { FolderNames } from './folder-names.js';
import type { ChecksumThread } from './hashing.js';
import type { Jobs } from './jobs.js';
import type { Path } from './paths.js';
import type { Preauth } from './preauth.js';
import type { Quotas } from './quota.js';
import type { Caller, Spaces } from './spaces.js';
import type { Ownership, Staging } from './staging.js';
import type { Tree } from './tree.js';
import { documentLimit } from './xml.js';

/** What the resources of the storage service work with. */
export interface Store {
  readonly tree: Tree;
  readonly spaces: Spaces;
  readonly attributes: AttributeStore;
  readonly quotas: Quotas;
  readonly staging: Staging;
  readonly preauth: Preauth;
  readonly jobs: Jobs;
  readonly names: FolderNames;
  readonly hashing: ChecksumThread;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who will own what is created in a folder; undefined if the platform keeps it. */
  ownershipIn(folder: Directory, path: Path): Ownership | undefined;
}

/** A request to the storage service. */
export interface StorageCall {
  readonly store: Store;
  readonly request: IncomingMessage;
  readonly method: string;
  /** The path after the name of the resource, as it was sent: empty, or beginning with a slash. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  /** The authority in the identifiers of nodes, for example `cadc.nrc.ca~arc`. */
  readonly authority: string;
  /** Address of the service, without a slash at the end. */
  readonly root: string;
}

/**
 * Reads the body of a request.
 *
 * @throws {VospaceFault} `RequestEntityTooLarge`
 * @throws {BodyError} if it breaks off or arrives too slowly
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  try {
    return await receiveBody(request, { bytes: documentLimit });
  } catch (error) {
    if (!(error instanceof BodyError) || error.status !== 413) throw error;
    throw new VospaceFault('RequestEntityTooLarge', 'the document is too large', error);
  }
}

/** Whether the body of a request is a form, whose fields count as parameters. */
export function isForm({ headers }: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}

/** A parameter by its name, which is case-insensitive. */
export const parameter = (parameters: URLSearchParams, name: string): string | undefined =>
  [...parameters].find(([key]) => key.toLowerCase() === name)?.[1];

/** Redirects a client to another address of the service. */
export const seeOther = (location: string): Reply => withHeaders(empty(303), { location });
