import { expect, test } from 'vitest';
import { isNotInstalled } from '../src/system-code.js';

const failure = (specifier: string): Promise<unknown> => import(specifier).catch((error) => error);

test('a package that is not installed is told from one that lacks something itself', async () => {
  const none = 'skaha-none';
  expect(isNotInstalled(await failure(none), none)).toBe(true);
  expect(isNotInstalled(await failure(none), 'skaha-other')).toBe(false);
  expect(isNotInstalled(await failure('data:text/javascript,throw new Error("no")'), none)).toBe(
    false,
  );
});
