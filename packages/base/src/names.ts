/** What a context, server or credential may be called. */
export const namePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** The pattern in words, for messages. */
export const nameRule = 'start with a letter and contain only letters, digits, "_" and "-"';

const reserved = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Tests whether a key would reach into JavaScript's own machinery instead of naming an entry.
 *
 * @param key - a key from a file, a path or an option
 */
export const isReservedKey = (key: string): boolean => reserved.has(key);

/**
 * Tests whether this may be the name of a context, server or credential.
 *
 * @param name - at most 64 characters; see {@link nameRule}
 */
export const isName = (name: string): boolean =>
  name.length <= 64 && namePattern.test(name) && !isReservedKey(name);

/**
 * Looks a name up among the own keys of a map, never on its prototype.
 *
 * @param map - any map read from the configuration
 * @param name - the key
 * @returns the entry, or undefined
 */
export const entry = <Value>(
  map: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined => (Object.hasOwn(map, name) ? map[name] : undefined);
