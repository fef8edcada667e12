export { Storage, type StorageOptions } from './storage.js';
export type {
  ByteRange,
  FindOptions,
  ListOptions,
  MakeDirectoryOptions,
  Permissions,
  PropertyChanges,
  PropertyOptions,
  ReadOptions,
  RemoveOptions,
  StorageContent,
  StorageKind,
  StorageNode,
  StorageQuota,
  StorageUsage,
  WriteOptions,
  Written,
} from './types.js';
