import { resolve } from 'node:path';
import { serviceOf } from '../service.js';
import type { Storage } from '../storage.js';
import { DiskTree } from './disk.js';
import { StorageTree } from './remote.js';
import type { Place } from './types.js';

export { type CompareOptions, compareTrees } from './comparing.js';
export { transfer } from './transfer.js';
export type {
  Comparison,
  Difference,
  EntryKind,
  EntryOptions,
  LinkPolicy,
  Place,
  TransferOptions,
  TransferOutcome,
  TransferProgress,
  TransferSummary,
  Tree,
  TreeEntry,
} from './types.js';

/**
 * A file or a folder of this machine.
 *
 * @param path - where it is; need not exist as a target
 */
export const onDisk = (path: string): Place => ({ tree: new DiskTree(resolve(path), path) });

/**
 * A file or a folder of a storage service.
 *
 * @param storage - the service
 * @param path - where it is; need not exist as a target
 * @param label - its name in messages
 * @throws {SkahaError} `storage.invalid_name`
 */
export const inStorage = (storage: Storage, path: string, label?: string): Place => ({
  tree: new StorageTree(storage, path, label),
  clock: serviceOf(storage).core.settings.clock,
});
