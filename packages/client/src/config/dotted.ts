import { isReservedKey } from '@skaha/base/names.js';
import { mask } from '@skaha/base/redact.js';
import { SkahaError } from '../errors/index.js';

/** A key, or a position in a list, counted from 0. */
export type Segment = string | number;

const invalidPath = (message: string): SkahaError =>
  new SkahaError('command.validation_failed', message, {
    hint: 'Separate keys with dots, and put a key that contains dots in quotes: registries."images.canfar.net".username',
  });

/**
 * Splits a dotted path into keys: `servers.canfar.url`, `registries."images.canfar.net".username`,
 * `servers.canfar.auths.0`.
 *
 * @param path - keys separated by dots; a key with dots, quotes or blanks is in double
 * quotes, with `\"` and `\\` inside them
 * @returns the keys; all-digit ones stay text, and count as an index where there is a list
 * @throws {SkahaError} `command.validation_failed` for an empty or malformed path
 * @example
 * ```ts
 * import { parseSettingPath } from 'skaha/config';
 *
 * console.log(parseSettingPath('registries."images.canfar.net".username').length); // 3
 * ```
 */
export function parsePath(path: string): string[] {
  const segments: string[] = [];
  let rest = path;
  for (;;) {
    const match = /^(?:"((?:[^"\\]|\\["\\])*)"|([^".\s]+))/.exec(rest);
    if (match === null) {
      const what = rest === '' || rest.startsWith('.') ? 'has an empty part' : 'is malformed';
      throw invalidPath(`The path '${path}' ${what}.`);
    }
    const key = match[1]?.replace(/\\(["\\])/g, '$1') ?? match[2] ?? '';
    if (isReservedKey(key))
      throw invalidPath(`The path '${path}' contains a name that cannot be used.`);
    segments.push(key);
    rest = rest.slice(match[0].length);
    if (rest === '') return segments;
    if (!rest.startsWith('.')) throw invalidPath(`The path '${path}' is malformed.`);
    rest = rest.slice(1);
  }
}

/**
 * Writes keys as a dotted path that {@link parsePath} reads back.
 *
 * @param segments - keys and indexes
 * @example
 * ```ts
 * import { formatSettingPath } from 'skaha/config';
 *
 * console.log(formatSettingPath(['servers', 'canfar', 'url'])); // servers.canfar.url
 * ```
 */
export const formatPath = (segments: readonly Segment[]): string =>
  segments
    .map((segment) =>
      typeof segment === 'number' || /^[^".\s]+$/.test(segment)
        ? String(segment)
        : `"${segment.replace(/["\\]/g, '\\$&')}"`,
    )
    .join('.');

/**
 * Looks up a value by its path.
 *
 * @param root - a configuration, or any part of one
 * @param segments - as from {@link parsePath}
 * @returns the value, or undefined if there is none
 */
export function valueAt(root: unknown, segments: readonly string[]): unknown {
  let value = root;
  for (const segment of segments) {
    if (Array.isArray(value)) value = /^\d+$/.test(segment) ? value[Number(segment)] : undefined;
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, segment)) {
      value = (value as Record<string, unknown>)[segment];
    } else return undefined;
  }
  return value;
}

/**
 * Puts a value at a path and makes the maps on the way to it.
 *
 * @param root - changed in place
 * @param segments - at least one, as from {@link parsePath}
 * @param value - what to put there; undefined removes the key
 * @throws {SkahaError} `command.validation_failed` if the path leads through something that is not
 *   a map or a list
 */
export function putAt(root: object, segments: readonly string[], value: unknown): void {
  let parent = root as Record<string, unknown> | unknown[];
  for (const [depth, segment] of segments.entries()) {
    const last = depth === segments.length - 1;
    if (Array.isArray(parent)) {
      if (!/^\d{1,4}$/.test(segment) || Number(segment) > parent.length) {
        throw invalidPath(`'${formatPath(segments)}' is not a place in the list.`);
      }
    }
    const target = parent as Record<string, unknown>;
    if (last) {
      if (value !== undefined) target[segment] = value;
      else if (Array.isArray(parent)) parent.splice(Number(segment), 1);
      else delete target[segment];
      return;
    }
    let next = Object.hasOwn(target, segment) ? target[segment] : undefined;
    if (next === undefined || next === null) {
      if (value === undefined) return;
      next = {};
      target[segment] = next;
    }
    if (typeof next !== 'object' || next === null) {
      throw invalidPath(
        `'${formatPath(segments.slice(0, depth + 1))}' is a single value, so nothing can be set below it.`,
      );
    }
    parent = next as Record<string, unknown>;
  }
}

const secretKey =
  /^(?:access|refresh|secret|password|passwd|token|registration_uri|.*[_-](?:token|secret|password))$/i;
const publicTokenKeys = new Set(['token_type', 'token-type']);

/**
 * Copies settings with every secret replaced by ten asterisks.
 *
 * @param value - a configuration, or any part of one
 * @param path - where that part stands, so that a single value is judged by its key
 * @example
 * ```ts
 * import { loadConfiguration, maskSettings } from 'skaha/config';
 *
 * const { configuration } = await loadConfiguration();
 * console.log(maskSettings(configuration));
 * ```
 */
export function masked(value: unknown, path: readonly Segment[] = []): unknown {
  const key = path.findLast((segment) => typeof segment === 'string') ?? '';
  if (Array.isArray(value)) return value.map((item, index) => masked(item, [...path, index]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, masked(item, [...path, name])]),
    );
  }
  const secret = secretKey.test(key) && !publicTokenKeys.has(key.toLowerCase());
  return secret && typeof value === 'string' && value !== '' ? mask : value;
}
