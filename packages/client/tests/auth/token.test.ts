import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkedToken, tokenReader } from '../../src/auth/token.js';
import { failure, temporaryDirectory } from '../config/fixtures.js';
import { replace } from './fixtures.js';

async function tokenFile(text: string): Promise<string> {
  const path = join(await temporaryDirectory(), 'token');
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

test('blanks around the token are dropped', async () => {
  const path = await tokenFile('  abc.DEF-123_~+/==\r\n');
  expect(await tokenReader(path)()).toEqual({ token: 'abc.DEF-123_~+/==', loose: false });
});

test('a changed file is read again, a removed one is missed', async () => {
  const path = await tokenFile('first');
  const read = tokenReader(path);
  const first = await read();
  expect(await read()).toBe(first);
  await replace(path, 'other');
  expect((await read()).token).toBe('other');
  await rm(path);
  const error = await failure(read(), 'authentication.credential_missing');
  expect(error.message).toBe(`Token file ${path} does not exist.`);
});

test('a file that others can read is reported as loose', async () => {
  const path = await tokenFile('first');
  await chmod(path, 0o604);
  expect((await tokenReader(path)()).loose).toBe(true);
});

test('S6: what cannot be a bearer token is refused and never shown', () => {
  const bad = fc
    .string()
    .filter((text) => text.trim().length > 2 && !/^[A-Za-z0-9\-._~+/]+=*$/.test(text.trim()));
  fc.assert(
    fc.property(bad, (text) => {
      try {
        checkedToken(text, 'SKAHA_TOKEN');
      } catch (error) {
        return !String(error).includes(text.trim()) && String(error).includes('SKAHA_TOKEN');
      }
      return false;
    }),
    { examples: [['Bearer hush'], ['hush\nhush'], ['"hush"'], ['hüsh']] },
  );
});

test('an empty file is refused', async () => {
  const error = await failure(
    tokenReader(await tokenFile(' \n'))(),
    'authentication.credential_invalid',
  );
  expect(error.message).toContain('is empty');
});
