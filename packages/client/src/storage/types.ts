import type { CallOptions } from '../client/options.js';

/** What an entry of a storage service is. */
export type StorageKind = 'file' | 'folder' | 'link';

/** An entry of a storage service: a file, a folder or a link. */
export interface StorageNode {
  /** From the root of the service, for example `/home/ada/stars.fits`. */
  path: string;
  /** The last part of the path; empty for the root. */
  name: string;
  kind: StorageKind;
  /** Undefined if the service does not say. */
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
  /** How many bytes fit below a folder, if it has its own limit. */
  quotaBytes: number | undefined;
  /** Of a link: where it leads, as the service writes it. */
  target: string | undefined;
  /** Every property by its full identifier. */
  properties: Readonly<Record<string, string>>;
}

/** How a folder is listed. */
export interface ListOptions extends CallOptions {
  /** Entries per request, 2 to 10,000. @defaultValue 1000 */
  pageSize?: number | undefined;
}

/** What is looked for below a folder. */
export interface FindOptions extends CallOptions {
  /** Only entries of this kind. */
  kind?: StorageKind | undefined;
  /** Only entries whose name fits: `*` stands for any characters, `?` for one. */
  name?: string | undefined;
  /** How far below the folder, 1 being its own entries. @defaultValue without bound */
  maxDepth?: number | undefined;
  /** Folders listed at the same time, 1 to 64. @defaultValue 8 */
  concurrency?: number | undefined;
}

/** A part of a file. */
export interface ByteRange {
  /** First byte, counted from 0; negative counts from the end. */
  startBytes: number;
  /** Byte behind the last one. @defaultValue the end of the file */
  endBytes?: number | undefined;
}

/** How a file is read. */
export interface ReadOptions extends CallOptions {
  /** Only this part of it, whose checksum cannot be compared. */
  range?: ByteRange | undefined;
  /** Whether what arrived is compared with the service's length and checksum. @defaultValue true */
  verify?: boolean | undefined;
}

/** What a file may be written from. A function is called again for each attempt. */
export type StorageContent =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | (() => AsyncIterable<Uint8Array>);

/** How a file is written. */
export interface WriteOptions extends CallOptions {
  /** Media type. @defaultValue `application/octet-stream` */
  contentType?: string | undefined;
  /** How many bytes will come, where the content does not say so itself. */
  sizeBytes?: number | undefined;
  /** Make the folders above it that are missing. @defaultValue false */
  parents?: boolean | undefined;
  /** Refuse when there is something of that name. @defaultValue false */
  exclusive?: boolean | undefined;
  /** Told how many bytes went out so far in this attempt. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** A file that was written. */
export interface Written {
  path: string;
  sizeBytes: number;
  /** MD5 of what was sent, in hexadecimal. */
  md5: string;
  /** What the service confirmed: its checksum, or only the length where it keeps no checksum. */
  verified: 'checksum' | 'size';
}

/** How a folder is made. */
export interface MakeDirectoryOptions extends CallOptions {
  /** Make the folders above it too, and be content with one that is there. @defaultValue false */
  parents?: boolean | undefined;
}

/** How something is removed. */
export interface RemoveOptions extends CallOptions {
  /** With everything in it. @defaultValue false */
  recursive?: boolean | undefined;
  /** Only a folder, and only an empty one; or only what is none. */
  only?: 'empty-folder' | 'leaf' | undefined;
}

/** Who may do what. Undefined leaves it as it is. */
export interface Permissions {
  isPublic?: boolean | undefined;
  /** Replaces the groups that may read it; names, or identifiers such as `ivo://host/gms?NAME`. */
  groupsRead?: readonly string[] | undefined;
  /** Replaces the groups that may change it. */
  groupsWrite?: readonly string[] | undefined;
}

/** What is changed of an entry. */
export interface PropertyChanges extends Permissions {
  /** By full identifier; null takes one away. */
  properties?: Readonly<Record<string, string | null>> | undefined;
}

/** How properties are changed. */
export interface PropertyOptions extends CallOptions {
  /** Also of everything below a folder. @defaultValue false */
  recursive?: boolean | undefined;
}

/** How much room there is. */
export interface StorageQuota {
  /** The folder that has the bound. */
  path: string;
  quotaBytes: number;
  /** Undefined if the service does not say. */
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
