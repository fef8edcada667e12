import type { Clock } from '@skaha/base/clock.js';
import type { CallOptions } from '../../client/options.js';
import type { SkahaError } from '../../errors/index.js';

/** What an entry of a tree is; `other` are pipes, sockets and devices. */
export type EntryKind = 'file' | 'folder' | 'link' | 'other';

/** An entry of a tree on either side. */
export interface TreeEntry {
  /** From the top of the tree, with slashes; empty for the top itself. */
  path: string;
  kind: EntryKind;
  sizeBytes: number | undefined;
  modified: Date | undefined;
  /** Where it is known without reading the file. */
  md5?: string | undefined;
  /** Why it can be neither read nor followed. */
  problem?: string | undefined;
}

/** One side of a transfer. Internal. */
export interface Tree {
  /** For words about it, for example `arc:/home/ada` or `/data`. */
  readonly label: string;
  /** What is at the top; undefined if there is nothing. */
  top(call: CallOptions): Promise<TreeEntry | undefined>;
  /** Everything below the top, a folder before what is in it. */
  entries(options: EntryOptions): AsyncGenerator<TreeEntry, void>;
  /** Makes the folder, and those above it, the top included. */
  makeFolder(path: string, call: CallOptions): Promise<void>;
  remove(entry: TreeEntry, call: CallOptions): Promise<void>;
  /** MD5 of a file's content; undefined where it cannot be known without fetching it. */
  md5(entry: TreeEntry, call: CallOptions): Promise<string | undefined>;
}

/** One end of a transfer: a file or a folder, on this machine or in a storage service. */
export interface Place {
  /** @internal */
  readonly tree: Tree;
  /** @internal */
  readonly clock?: Clock | undefined;
}

/** How a tree is read. */
export interface EntryOptions extends CallOptions {
  links: LinkPolicy;
}

/** What to do with links: skip and report them, or copy the file behind them. */
export type LinkPolicy = 'follow' | 'skip';

/**
 * When a file counts as the same on both sides: never; when the sizes agree; when sizes and times
 * agree, or else the checksums; when the checksums agree.
 */
export type Comparison = 'checksum' | 'none' | 'size' | 'time';

/** How files are transferred. */
export interface TransferOptions extends CallOptions {
  /** Files in progress at the same time, 1 to 64. @defaultValue 8 */
  concurrency?: number | undefined;
  /** Which files are left out as they are there already. @defaultValue `none` */
  compare?: Comparison | undefined;
  /** Remove at the target what is not at the source, when all else went well. @defaultValue false */
  delete?: boolean | undefined;
  /** Only report what would be done. @defaultValue false */
  dryRun?: boolean | undefined;
  /** @defaultValue `skip` */
  links?: LinkPolicy | undefined;
  /** Leave files alone that are there, whatever they hold. @defaultValue false */
  keepExisting?: boolean | undefined;
  /** Go on with downloads that were broken off. @defaultValue true */
  resume?: boolean | undefined;
  /** Compare checksums of what arrived; `false` compares lengths only. @defaultValue true */
  verify?: boolean | undefined;
  /** Called with the progress, at most ten times a second and at the end. */
  onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Files that need no more work. */
  files: number;
  filesTotal: number;
  /** Of the files that are copied. */
  bytes: number;
  bytesTotal: number;
  bytesPerSecond: number;
  /** Undefined until something can be said about it. */
  secondsLeft: number | undefined;
}

/** What became of one entry. */
export interface TransferOutcome {
  /** From the top of the tree; empty for a single file. */
  path: string;
  result: 'copied' | 'failed' | 'removed' | 'same' | 'skipped';
  /** Nothing was done; this is what would be. */
  isPlanned: boolean;
  sizeBytes: number | undefined;
  md5: string | undefined;
  /** What the far end confirmed of a copy. */
  verified: 'checksum' | 'size' | undefined;
  /** Why it was left out. */
  reason: string | undefined;
  error: SkahaError | undefined;
}

/** What became of all entries. */
export interface TransferSummary {
  copied: number;
  failed: number;
  removed: number;
  same: number;
  skipped: number;
  /** Of the files that were copied. */
  bytes: number;
  elapsedMs: number;
}

/** How two trees compare at one path. */
export interface Difference {
  path: string;
  /** `unknown`: the sizes agree, and there is no checksum to compare. */
  result: 'different' | 'extra' | 'missing' | 'same' | 'unknown';
  /** What is different. */
  reason: string | undefined;
}
