import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../../../../', import.meta.url));
const compiler = join(top, 'node_modules/typescript/bin/tsc');

/** What the compiler says of a program that uses the packages as they are declared. */
async function compiled(program: string, options: object = {}): Promise<string> {
  if (!existsSync(join(top, 'packages/client/dist/index.d.ts'))) {
    throw new Error("Build first: 'npm run build'.");
  }
  const folder = mkdtempSync(join(top, 'node_modules/.consumer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  for (const [name, path] of [
    ['skaha', 'packages/client'],
    ['skaha-platform', 'packages/platform'],
  ] as const) {
    symlinkSync(join(top, path), join(folder, 'node_modules', name));
  }
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    ...options,
  };
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.ts'] }),
  );
  writeFileSync(join(folder, 'main.ts'), program);
  return await run(process.execPath, [compiler, '-p', folder], { cwd: folder }).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
}

test('a program for ES2022 compiles against the declarations, without skipping any', async () => {
  const program = `
import { SkahaClient, type UnlistedKind } from 'skaha';
import { openJournal } from 'skaha/batch/journal';
import { startPlatform } from 'skaha-platform';
import * as account from 'skaha/account';
import * as config from 'skaha/config';
import * as sync from 'skaha/sync';
import * as storage from 'skaha/storage';
import * as wire from 'skaha/wire';
export const all = [startPlatform, openJournal, account, config, sync, storage, wire];
const skaha = new SkahaClient();
await skaha.sessions.create({ name: 'a', kind: 'notebook', image: 'skaha/astroml:latest' });
await skaha.sessions.fetch({ kind: 'imaging' as UnlistedKind });
await skaha.close();
`;
  expect(await compiled(program)).toBe('');
});

test('a slip of the pen in a kind does not compile', async () => {
  const program = `
import { SkahaClient } from 'skaha';
const { sessions, images } = new SkahaClient();
await sessions.create({ name: 'a', kind: 'notebok', image: 'skaha/astroml:latest' });
await sessions.fetch({ kind: 'headles' });
await images.fetch({ kind: 'dektop' });
`;
  const said = await compiled(program);
  expect(said.match(/error TS2\d+/g)).toHaveLength(3);
  expect(said).toContain('notebok');
});
