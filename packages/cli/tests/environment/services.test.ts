import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { childEnvironment, systemServices } from '../../src/environment/services.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-services-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

// Stands in for a browser with a shell script.
test.skipIf(process.platform === 'win32')(
  'S22: the browser of BROWSER is started, without a shell',
  async () => {
    const path = folder();
    const browser = join(path, 'browser');
    writeFileSync(
      browser,
      `#!/bin/sh\nprintf %s "$1" > "${path}/seen.part"\nmv "${path}/seen.part" "${path}/seen"\n`,
    );
    chmodSync(browser, 0o755);
    const { openBrowser } = systemServices({ env: { BROWSER: browser } });
    const url = 'https://host/session?a=1&b=$(x)';
    expect(await openBrowser(url)).toBe(true);
    await vi.waitUntil(() => existsSync(join(path, 'seen')));
    expect(readFileSync(join(path, 'seen'), 'utf8')).toBe(url);
  },
);

test('no browser, no harm', async () => {
  const missing = systemServices({ env: { BROWSER: join(folder(), 'none') } });
  expect(await missing.openBrowser('https://host/')).toBe(false);
});

// Only there does a display need a server that may be missing.
test.runIf(process.platform === 'linux')('without a display there is no browser', async () => {
  expect(await systemServices({ env: {} }).openBrowser('https://host/')).toBe(false);
});

test('files and the host', async () => {
  const path = join(folder(), 'f');
  writeFileSync(path, 'text');
  const services = systemServices({ env: {} });
  expect(Buffer.from(await services.readBytes(path)).toString()).toBe('text');
  expect((await services.describeHost()).runtime).toContain(process.version);
});

// The same, with more in the variable than one path.
test.skipIf(process.platform === 'win32').each([
  ['arguments', (browser: string) => `${browser} --new-window`, ['--new-window', 'URL']],
  ['a place for the address', (browser: string) => `${browser} --url=%s -x`, ['--url=URL', '-x']],
  [
    'a quoted path',
    (browser: string) => `"${browser}" '--profile=a b' %s`,
    ['--profile=a b', 'URL'],
  ],
  ['a list whose first is missing', (browser: string) => `/nowhere/firefox:${browser} %s`, ['URL']],
  ['a path with a blank, unquoted', (browser: string) => browser, ['URL']],
])('BROWSER with %s', async (_what, write, expected) => {
  const path = folder();
  const browser = join(path, 'web browser');
  const plain = join(path, 'browser');
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > "${path}/part"\nmv "${path}/part" "${path}/seen"\n`;
  for (const file of [browser, plain]) {
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
  const isQuoted = write('X').includes('"X"') || write('X') === 'X';
  const { openBrowser } = systemServices({ env: { BROWSER: write(isQuoted ? browser : plain) } });
  const url = 'https://host/session?a=1&b=$(x)%20c';
  expect(await openBrowser(url)).toBe(true);
  await vi.waitUntil(() => existsSync(join(path, 'seen')));
  expect(readFileSync(join(path, 'seen'), 'utf8').trimEnd().split('\n')).toEqual(
    expected.map((word) => word.replace('URL', url)),
  );
});

test('S8: other programs get no secret from the environment', () => {
  const secrets = { SKAHA_PASSWORD: 's', SKAHA_TOKEN: 's', CANFAR_TOKEN: 's' };
  expect(childEnvironment({ ...secrets, SKAHA_REGISTRY_SECRET: 's', PATH: '/bin' })).toEqual({
    PATH: '/bin',
  });
});
