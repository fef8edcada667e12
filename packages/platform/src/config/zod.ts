import { createRequire } from 'node:module';

type Zod = typeof import('zod/mini');

let loaded: Zod | undefined;

/**
 * The schema library, loaded when there is something to check: with its fifty languages, which come
 * as one piece, it would be a seventh of the memory of an idle platform.
 */
export function zod(): Zod {
  loaded ??= createRequire(import.meta.url)('zod/mini') as Zod;
  return loaded;
}
