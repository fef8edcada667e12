import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Platform, PlatformOptions } from '../../../platform/src/types.js';
import { chromiumPath, launchChromium } from '../../../platform/tests/browser/chromium.js';
import { discard, openPlatform, roomy } from '../../../platform/tests/fixtures.js';
import { overhear, type Served, serve } from './pages.js';

// Dashboards in front of platforms that are not ours: one of years ago, one that can do next to
// nothing, and one that nobody is logged in to.

const hasBrowser = chromiumPath !== undefined;
const folder = mkdtempSync(join(tmpdir(), 'skaha-foreign-'));
const complaints: string[] = [];
const served: Served[] = [];

let old: Platform;
let bare: Server;
let browser: Browser;
let context: BrowserContext;

/** A page as other servers show it for what they do not have. */
const missing = '<!doctype html><html><title>HTTP Status 404 – Not Found</title><h1>Not Found</h1>';

beforeAll(async () => {
  if (!hasBrowser) return;
  const config = {
    ...roomy,
    compatibility: { strict: true, apiVersions: ['v0'], stats: 'old' },
  } satisfies PlatformOptions['config'];
  const data = join(folder, 'old');
  old = await openPlatform({ data, user: 'adastra', runner: 'process', config });
  bare = createServer((request, response) => {
    const isList = request.url?.startsWith('/skaha/v1/session') === true;
    const isPlain = isList && request.method === 'GET' && request.url === '/skaha/v1/session';
    response.writeHead(isPlain ? 200 : 404, {
      'content-type': isPlain ? 'application/json' : 'text/html;charset=utf-8',
    });
    response.end(isPlain ? '[]' : missing);
  });
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
  browser = await launchChromium();
});

afterEach(async () => {
  await context?.close();
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  for (const { child } of served) {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
  }
  bare?.closeAllConnections();
  bare?.close();
  await old?.stop();
  await discard(join(folder, 'old'));
  rmSync(folder, { recursive: true, force: true });
});

async function open(
  env: Readonly<Record<string, string>>,
  words: readonly string[] = [],
): Promise<Page> {
  const one = await serve({ HOME: folder, ...env }, words);
  served.push(one);
  context = await browser.newContext({ viewport: { width: 1300, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  overhear(page, complaints);
  await page.goto(one.link);
  return page;
}

const go = (page: Page, place: string) => page.goto(`${new URL(page.url()).origin}/#/${place}`);

/** Writes a configuration whose context is called otherwise than its server; without a token it has none. */
function configuration({ far, token }: { far: object; token?: string }): string {
  const path = join(folder, 'config.yaml');
  const document = {
    schema: 'skaha',
    version: 1,
    servers: { far },
    active: token === undefined ? null : 'mine',
    credentials: token === undefined ? {} : { own: { mode: 'token', access: token } },
    contexts: token === undefined ? {} : { mine: { server: 'far', credential: 'own' } },
  };
  writeFileSync(path, JSON.stringify(document), { mode: 0o600 });
  return path;
}

/** What a view says, once none of its parts waits any more; a part that says nothing is an error. */
async function told(page: Page, place: string): Promise<string> {
  await go(page, place);
  await page.locator('main h1').first().waitFor();
  await expect.poll(() => page.locator('main .loading').count(), { timeout: 10_000 }).toBe(0);
  const blank = await page.evaluate(`[...document.querySelectorAll('main .card')]
    .filter((card) => card.textContent.trim() === (card.querySelector('h2')?.textContent ?? '').trim())
    .map((card) => card.textContent)`);
  expect([place, blank]).toEqual([place, []]);
  return await page.locator('main').innerText();
}

test('a platform of years ago: its sessions, its load and what it offers', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const { url: SKAHA_URL, token: SKAHA_TOKEN, ca: SKAHA_CA } = old;
  const page = await open({ SKAHA_URL: `${SKAHA_URL}/v0`, SKAHA_TOKEN, SKAHA_CA });
  await page.getByRole('heading', { name: 'No sessions yet' }).waitFor();
  await go(page, 'launch');
  await page.getByRole('radio', { name: /^Headless/ }).check();
  await page.getByText('POST /skaha/v0/session').waitFor();
  await page.getByRole('radio', { name: /^Fixed/ }).check();
  await page.getByLabel('Cores', { exact: true }).selectOption('2');
  await page
    .getByRole('combobox', { name: 'Image' })
    .fill('images.canfar.net/skaha/terminal:1.1.2');
  await page.getByLabel('Command', { exact: true }).fill('echo runs');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('ancient');
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  await page.getByRole('complementary', { name: 'Session ancient' }).waitFor();
  await page.getByText('Completed').first().waitFor();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('log').getByText('runs', { exact: true }).waitFor();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the log' }).click();
  expect((await saved).suggestedFilename()).toMatch(/^ancient-/);
  await page.getByRole('tab', { name: 'Events' }).click();
  await page
    .getByText('The platform has reported no events for this session yet.')
    .or(page.locator('.events li'))
    .first()
    .waitFor();
  expect(await told(page, 'platform')).toMatch(/of 8 cores allocated/);
  await told(page, 'batches');
  await told(page, 'storage');
});

test('a server that has next to nothing: each part says so, and the form can still be filled in', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const { port } = bare.address() as AddressInfo;
  const far = { url: `http://127.0.0.1:${port}/skaha`, insecure: true };
  const page = await open({}, ['--config', configuration({ far, token: 'any' })]);
  await page.getByRole('heading', { name: 'No sessions yet' }).waitFor();
  expect(await told(page, 'storage')).toMatch(/No storage service is known/);
  expect(await page.getByRole('button', { name: 'Upload files' }).count()).toBe(0);
  const platform = await told(page, 'platform');
  expect(await page.getByRole('main').getByRole('alert').count()).toBe(5);
  expect(platform).not.toContain('<');
  await go(page, 'launch');
  await page.getByText('The platform did not report its limits.').waitFor();
  expect(await page.getByText('offers no GPUs').count()).toBe(0);
  await page.getByRole('combobox', { name: 'Image' }).click();
  await page.getByText('The platform could not list its images.').waitFor();
  await page.keyboard.type('some.registry/mine:1');
  await page.getByRole('radio', { name: /^Fixed/ }).check();
  await page.getByRole('textbox', { name: 'Cores' }).fill('3');
  await page.getByRole('textbox', { name: 'Memory' }).fill('5');
  await page.getByText('cores=3').waitFor();
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  await page.locator('.notice.bad').waitFor();
  await go(page, 'sessions/ab12cd34');
  await page.getByText('This session is no longer listed.').waitFor();
});

test('nobody is logged in: the page says so instead of loading for ever, and goes on after a login', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const far = { url: old.url, version: 'v0', ca: old.ca };
  const config = configuration({ far, token: old.token });
  const page = await open({}, ['--config', config]);
  await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
  expect(await page.locator('.platform-name').innerText()).toBe('mine');
  configuration({ far });
  await page.reload();
  await page.getByRole('heading', { name: 'Disconnected', level: 1 }).waitFor();
  await page.getByRole('alert').waitFor();
  configuration({ far, token: old.token });
  await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
});
