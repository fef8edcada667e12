import type { CallOptions } from '../client/options.js';

/** The kind of an entry in a storage service. */
export type StorageKind = 'file' | 'folder' | 'link';

/** An entry of a storage service: a file, a folder or a link. */
export interface StorageNode {
  /** From the root of the service, for example `/home/ada/stars.fits`. */
  path: string;
  /** The last part of the path; empty for the root. */
  name: string;
  kind: StorageKind;
  /** Undefined if the service does not report it. */
  sizeBytes: number | undefined;
  /** When its content last changed. */
  modified: Date | undefined;
  /** MD5 of the content in hexadecimal, where the service keeps one. */
  md5: string | undefined;
  /** Media type, for example `application/fits`. */
  contentType: string | undefined;
  /** Name of the owner as the service writes it: a user name, or the common name of a certificate. */
  owner: string | undefined;
  isPublic: boolean;
  /** Names of the groups that may read it. */
  groupsRead: readonly string[];
  /** Names of the groups that may change it. */
  groupsWrite: readonly string[];
  isLocked: boolean;
  /** The quota of a folder in bytes, if it has its own. */
  quotaBytes: number | undefined;
  /** The target of a link, as the service reports it. */
  target: string | undefined;
  /** Every property by its full identifier. */
  properties: Readonly<Record<string, string>>;
}

/** How to list a folder. */
export interface ListOptions extends CallOptions {
  /** Entries per request, 2 to 10,000. @defaultValue 1000 */
  pageSize?: number | undefined;
}

/** What to look for below a folder. */
export interface FindOptions extends CallOptions {
  /** Only entries of this kind. */
  kind?: StorageKind | undefined;
  /** Only entries whose name matches: `*` stands for any characters, `?` for one. */
  name?: string | undefined;
  /** How many levels below the folder; 1 means only its own entries. @defaultValue no limit */
  maxDepth?: number | undefined;
  /** Folders listed at the same time, 1 to 64. @defaultValue 8 */
  concurrency?: number | undefined;
}

/** A part of a file. */
export interface ByteRange {
  /** First byte, counted from 0; negative counts from the end. */
  startBytes: number;
  /** The position after the last byte. @defaultValue the end of the file */
  endBytes?: number | undefined;
}

/** How to read a file. */
export interface ReadOptions extends CallOptions {
  /** Read only this part; its checksum cannot be verified. */
  range?: ByteRange | undefined;
  /** Whether to compare the length and checksum with those of the service. @defaultValue true */
  verify?: boolean | undefined;
}

/** The content of a file to write. A function is called again for each attempt. */
export type StorageContent =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | (() => AsyncIterable<Uint8Array>);

/** How to write a file. */
export interface WriteOptions extends CallOptions {
  /** Media type. @defaultValue `application/octet-stream` */
  contentType?: string | undefined;
  /** Length of the content; required if the content itself has none. */
  sizeBytes?: number | undefined;
  /** Create missing parent folders. @defaultValue false */
  parents?: boolean | undefined;
  /** Fail if something with that name exists. @defaultValue false */
  exclusive?: boolean | undefined;
  /** Called with the number of bytes sent so far in this attempt. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** A file that was written. */
export interface Written {
  path: string;
  sizeBytes: number;
  /** MD5 of what was sent, in hexadecimal. */
  md5: string;
  /** What the service confirmed: the checksum, or only the length if it keeps no checksum. */
  verified: 'checksum' | 'size';
}

/** How to create a folder. */
export interface MakeDirectoryOptions extends CallOptions {
  /** Create missing parent folders, and do not fail if the folder exists. @defaultValue false */
  parents?: boolean | undefined;
}

/** How to remove an entry. */
export interface RemoveOptions extends CallOptions {
  /** Also remove everything in it. @defaultValue false */
  recursive?: boolean | undefined;
  /** Remove it only if it is an empty folder, or only if it is not a folder. */
  only?: 'empty-folder' | 'leaf' | undefined;
}

/** Permissions. Undefined leaves a permission unchanged. */
export interface Permissions {
  isPublic?: boolean | undefined;
  /** Replaces the groups that may read it; names, or identifiers such as `ivo://host/gms?NAME`. */
  groupsRead?: readonly string[] | undefined;
  /** Replaces the groups that may change it. */
  groupsWrite?: readonly string[] | undefined;
}

/** Changes to the properties of an entry. */
export interface PropertyChanges extends Permissions {
  /** Properties by full identifier; null removes one. */
  properties?: Readonly<Record<string, string | null>> | undefined;
}

/** How to change properties. */
export interface PropertyOptions extends CallOptions {
  /** Also change everything below a folder. @defaultValue false */
  recursive?: boolean | undefined;
}

/** A quota and how much of it is used. */
export interface StorageQuota {
  /** The folder that has the quota. */
  path: string;
  quotaBytes: number;
  /** Undefined if the service does not report it. */
  usedBytes: number | undefined;
}

/** What is below a folder. */
export interface StorageUsage {
  path: string;
  files: number;
  folders: number;
  links: number;
  bytes: number;
  /** Files whose size the service does not report; they are not counted in `bytes`. */
  unknown: number;
}
