import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemServices } from '../src/services.js';

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
  expect(await services.readTextFile(path)).toBe('text');
  expect((await services.describeHost()).runtime).toContain(process.version);
});
