import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { post, temporaryDirectory, testPlatform } from './fixtures.js';
import { logIn } from './identity/oidc-client.js';

/** Files and directories below one, with their permissions; closed directories hide what is in them. */
function* permissions(root: string, below = root): Generator<[string, number], void> {
  for (const name of readdirSync(below)) {
    const path = join(below, name);
    const stats = lstatSync(path);
    const mode = stats.mode & 0o777;
    yield [relative(root, path), mode];
    if (stats.isDirectory() && isLoose(mode)) yield* permissions(root, path);
  }
}

const isLoose = (mode: number): boolean => (mode & 0o077) !== 0;

// Windows has no such modes.
test.skipIf(process.platform === 'win32')(
  'S1: in a directory that others may enter, nothing but the public authority is theirs to read',
  async () => {
    const former = process.umask(0o022);
    onTestFinished(() => void process.umask(former));
    const data = join(temporaryDirectory(), 'shared');
    mkdirSync(data, { mode: 0o755 });
    const platform = await testPlatform({ data, config: undefined });
    await platform.issueCertificate('adastra', 60_000);
    expect((await post(platform, { cmd: 'true' })).status).toBe(200);
    await logIn(platform);
    const loose = (list: [string, number][]) =>
      list.filter(([, mode]) => isLoose(mode)).map(([path]) => path);
    const running = [...permissions(data)];
    expect(running.map(([path]) => path)).toEqual(
      expect.arrayContaining(['skaha.db', 'skaha.db-wal', 'platform.yaml', 'private', 'sessions']),
    );
    expect(loose(running)).toEqual(['ca.pem']);
    await platform.stop();
    expect(loose([...permissions(data)])).toEqual(['ca.pem']);
  },
);
