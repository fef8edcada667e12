import { createRequire } from 'node:module';

type Zod = typeof import('zod/mini');

let loaded: Zod | undefined;

/**
 * The schema library, loaded on demand: with its fifty languages, which cannot be left out, it
 * would be a seventh of the memory of an idle platform.
 */
export function zod(): Zod {
  loaded ??= createRequire(import.meta.url)('zod/mini') as Zod;
  return loaded;
}
