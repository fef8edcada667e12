import { parseTime } from './quantity.js';
import { descendants, parseXml } from './xml.js';

/** Whether a platform is available, as it reports itself. */
export interface Availability {
  available: boolean;
  note?: string | undefined;
  /** Since when it has been available. */
  upSince?: Date | undefined;
  /** When it will become unavailable. */
  downAt?: Date | undefined;
  /** When it will be available again. */
  backAt?: Date | undefined;
}

/**
 * Reads an availability document (VOSI 1.1).
 *
 * @param source - the document; an empty one means unavailable
 * @throws {SkahaError} `response.invalid` for something else
 * @example
 * ```ts
 * import { readAvailability } from 'skaha';
 *
 * console.log(readAvailability('').available); // false
 * ```
 */
export function readAvailability(source: string): Availability {
  if (source.trim() === '') return { available: false };
  const root = parseXml(source);
  const text = (name: string) => {
    const [element] = descendants(root, name);
    const value = element?.text.trim();
    return value === '' ? undefined : value;
  };
  return {
    available: text('available') === 'true',
    note: text('note'),
    upSince: parseTime(text('upSince')),
    downAt: parseTime(text('downAt')),
    backAt: parseTime(text('backAt')),
  };
}
