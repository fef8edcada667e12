import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { type CreateOptions, SkahaClient } from 'skaha';
import { jobStore } from 'skaha/batch/journal';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { breakOff } from '../../../../scripts/tests/broken-batch.js';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { chromiumPath, launchChromium } from '../../../platform/tests/browser/chromium.js';
import { cutOff, overhear, type Served, serve, violations } from './pages.js';

// A dashboard as its command serves it, in front of a platform that can be killed. All tests work on
// one page, as somebody would for an afternoon.

const hasBrowser = chromiumPath !== undefined;
const built = fileURLToPath(new URL('../../../platform/dist/index.js', import.meta.url));
const image = 'images.canfar.net/skaha/terminal:1.1.2';
const folder = mkdtempSync(join(tmpdir(), 'skaha-work-'));
const registrySecret = 'hunter2-of-the-registry';

const config = {
  capacity: { cores: 64, memoryGiB: 256 },
  limits: { gpus: [1, 2] },
  storage: { homeGiB: 0.002 },
};
const program = `
import { startPlatform } from ${JSON.stringify(built)};
const [data, port] = process.argv.slice(1);
const platform = await startPlatform({
  data, port: Number(port), user: 'adastra', runner: 'process', config: ${JSON.stringify(config)},
});
process.send({ port: platform.port, url: platform.url, token: platform.token, ca: platform.ca, tokenFile: platform.tokenFile });
`;

interface Told {
  readonly port: number;
  readonly url: string;
  readonly token: string;
  readonly ca: string;
  readonly tokenFile: string;
}

let platform: ChildProcess;
let told: Told;
let dashboard: Served;
let skaha: SkahaClient;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
const posted: string[] = [];

async function startPlatform(port: number): Promise<void> {
  const words = ['--input-type=module', '-e', program, join(folder, 'data'), String(port)];
  platform = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  told = await new Promise((resolve, reject) => {
    platform.once('message', (message) => resolve(message as Told));
    platform.once('exit', () => reject(new Error('the platform did not start')));
  });
}

beforeAll(async () => {
  if (!hasBrowser) return;
  layKeys(join(folder, 'data'));
  await startPlatform(0);
  skaha = new SkahaClient({ url: told.url, token: told.token, ca: told.ca });
  const { url: SKAHA_URL, token: SKAHA_TOKEN, ca: SKAHA_CA } = told;
  dashboard = await serve({ HOME: folder, SKAHA_URL, SKAHA_TOKEN, SKAHA_CA });
  browser = await launchChromium();
  const context = await browser.newContext({
    viewport: { width: 1300, height: 800 },
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  overhear(page, complaints);
  page.on('request', (request) => posted.push(`${request.url()} ${request.postData() ?? ''}`));
  await page.goto(dashboard.link);
  await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
});

afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await skaha?.close();
  await browser?.close();
  dashboard?.child.kill('SIGINT');
  platform?.kill('SIGTERM');
  if (platform?.exitCode === null) await once(platform, 'exit');
  // A platform that is stopped leaves its jobs; these would stay for ever.
  if (hasBrowser) await (await import(built)).resetPlatform(join(folder, 'data'));
  rmSync(folder, { recursive: true, force: true });
});

const go = (place: string) => page.goto(`${new URL(page.url()).origin}/#/${place}`);
const launch = async (name: string, more: Partial<CreateOptions> = {}) => {
  const { sessions } = await skaha.sessions.create({
    kind: 'headless',
    image,
    name,
    cmd: 'tail',
    args: ['-f', '/etc/hosts'],
    ...more,
  });
  return sessions.map(({ id }) => id);
};
const row = (name: string) => page.getByRole('row').filter({ hasText: name });
const namesShown = async () =>
  await page.getByRole('row').locator('.cell-name a, .fold strong').allTextContents();
const button = (name: string) => page.getByRole('button', { name, exact: true });

test('the list is filtered, sorted and grouped; a batch opens', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  await launch('solo');
  await launch('fit', { replicas: 3 });
  await launch('lab-1', { cmd: 'false', args: [] });
  await page.getByRole('link', { name: 'lab-1' }).waitFor();
  await page.getByText('3 sessions').waitFor();
  await row('lab-1').getByText('Failed').waitFor();
  await page.getByLabel('Sort by').selectOption('Name');
  expect(await namesShown()).toEqual(['fit', 'lab-1', 'solo']);
  await page.getByRole('button', { name: /^fit/ }).click();
  await page.getByRole('link', { name: 'fit-3' }).waitFor();
  expect(await namesShown()).toEqual(['fit', 'fit-1', 'fit-2', 'fit-3', 'lab-1', 'solo']);
  await page.getByLabel('Group batches').uncheck();
  await page.getByLabel('Sort by').selectOption('Status');
  expect(await namesShown()).toEqual(['lab-1', 'fit-1', 'fit-2', 'fit-3', 'solo']);
  await page.getByLabel('Filter by name, image or id').fill('FIT terminal');
  expect(await namesShown()).toEqual(['fit-1', 'fit-2', 'fit-3']);
  await page.getByLabel('Filter by name, image or id').fill('nothing like it');
  await button('Clear the filter').click();
  await page.getByRole('button', { name: /^Failed/ }).click();
  expect(await namesShown()).toEqual(['lab-1']);
  await page.getByRole('button', { name: /^Failed/ }).click();
});

test('of several that are deleted each has its outcome', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  await page.getByLabel('Filter by name, image or id').fill('fit');
  await page.getByLabel('Select all sessions shown').check();
  await page.getByRole('toolbar', { name: '3 selected' }).getByText('Delete').click();
  await page.getByText('Deleting 3 sessions in a moment.').waitFor();
  const [gone] = (await skaha.sessions.fetch()).filter(({ name }) => name === 'fit-2');
  await skaha.sessions.destroy([gone?.id ?? '']);
  await button('Delete now').click();
  await page.getByText('2 of 3 sessions deleted').waitFor();
  const outcomes = page
    .getByRole('list', { name: 'Result for each session' })
    .getByRole('listitem');
  expect(await outcomes.allTextContents()).toEqual([
    'fit-1 deleted',
    expect.stringMatching(/^fit-2 .*no session/i),
    'fit-3 deleted',
  ]);
  await button('Close').click();
  await page.getByText('No matches').waitFor();
  await button('Clear the filter').click();
});

test('GPUs, a private image and a refusal: each at its field, and the secret nowhere', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  await go('launch');
  await page.getByRole('radio', { name: /^Headless/ }).check();
  await page.getByRole('radio', { name: /^Fixed/ }).check();
  await page.getByLabel('Cores', { exact: true }).selectOption('2');
  await page.getByLabel('GPUs', { exact: true }).selectOption('1');
  await page.getByRole('combobox', { name: 'Image' }).fill(image);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('private');
  await page.getByText('Private image', { exact: true }).click();
  await page.getByLabel('User name for the registry').fill('ada');
  await button('Launch').click();
  expect(await page.getByLabel('User name for the registry').getAttribute('aria-invalid')).toBe(
    'true',
  );
  await page.getByLabel('Secret').fill(registrySecret);
  await page.getByText(/skaha create headless .* --cpu 2 .* --gpu 1 --registry-user ada/).waitFor();
  await page.getByText('gpus=1').waitFor();
  expect(await page.locator('body').innerText()).not.toContain(registrySecret);
  const before = posted.length;
  await button('Launch').click();
  await Promise.race([
    page.getByRole('complementary', { name: 'Session private' }).waitFor(),
    page.getByRole('alert').first().waitFor(),
  ]);
  const bodies = posted.slice(before).join('\n');
  const header = Buffer.from(`ada:${registrySecret}`).toString('base64');
  for (const place of [bodies, dashboard.log(), await page.content()]) {
    expect(place).not.toContain(registrySecret);
    expect(place).not.toContain(header);
  }
  const kept = await page.evaluate('JSON.stringify([localStorage, sessionStorage, location.href])');
  expect(kept).not.toContain(registrySecret);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /journal|jobs|\.log$|\.jsonl$/.test(join(entry.parentPath, entry.name)),
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  expect(files.join('\n')).not.toContain(registrySecret);
  await go('launch');
  await page.getByText('Private image', { exact: true }).click();
  expect(await page.getByLabel('Secret').inputValue()).toBe('');
});

test('a table is pasted and launched as a batch; what failed says why, and is tried again', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const flag = join(folder, 'mended');
  await go('launch');
  await page.getByRole('radio', { name: /^Headless/ }).check();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('fields');
  await page.getByText('Shell script instead').click();
  await page
    .getByRole('textbox', { name: 'Shell script' })
    .fill(`test "$FIELD" = 11 && test ! -e ${flag} && exit 3; exit 0`);
  await page.getByRole('radio', { name: /A table of parameters/ }).check();
  const table = page.getByRole('textbox', { name: 'A table of parameters' });
  await table.fill('FIELD,BAND\n10,r,extra\n');
  await page.getByRole('button', { name: /^Launch/ }).click();
  await page.locator('#table-problem').waitFor();
  await table.fill('FIELD,BAND\r\n10,r\r\n11,"g, deep"\r\n12,i\r\n');
  await page.getByText('3 rows').waitFor();
  await button('Launch 3 sessions').click();
  await page.getByRole('heading', { name: /^fields/, level: 1 }).waitFor();
  await page.getByRole('row').filter({ hasText: 'FIELD=11 BAND=g, deep' }).waitFor();
  await button('Retry 1 failed').waitFor();
  await row('fields-2')
    .getByText(/exit|3/)
    .first()
    .waitFor();
  const { width, height } = page.viewportSize() ?? { width: 1300, height: 800 };
  const found: Record<string, string[]> = {};
  for (const narrow of [false, true]) {
    await page.setViewportSize(narrow ? { width: 360, height: 700 } : { width, height });
    found[`batch ${narrow}`] = [...(await violations(page)), ...(await cutOff(page))];
  }
  await page.getByRole('link', { name: 'All batches' }).click();
  await page.getByRole('link', { name: /^fields/ }).waitFor();
  found['all batches'] = [...(await violations(page)), ...(await cutOff(page))];
  await page.setViewportSize({ width, height });
  expect(Object.values(found).flat()).toEqual([]);
  await page.getByRole('link', { name: /^fields/ }).click();
  writeFileSync(flag, '');
  await button('Retry 1 failed').click();
  await page.getByText('2 tries').waitFor();
  await page.getByText('Failed').waitFor({ state: 'detached' });
  await page.getByRole('list', { name: 'Progress' }).getByText('3 completed').waitFor();
});

/** Drops a file on the list of files, as a hand would. */
async function drop(name: string, text: string, type = 'text/plain'): Promise<void> {
  const data = await page.evaluateHandle(
    `(() => {
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
      return data;
    })()`,
  );
  const place = page.getByRole('region', { name: 'Files' });
  await place.dispatchEvent('dragover', { dataTransfer: data });
  await place.dispatchEvent('drop', { dataTransfer: data });
}

test('a batch that was broken off is resumed, and launches exactly what is missing', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const journal = await jobStore(join(folder, '.local/state/skaha/jobs')).open('cut');
  const spec = { name: 'cut', image, cmd: 'sleep', args: ['600'], replicas: 6 };
  await breakOff(skaha, spec, journal, 2);
  await journal.close();
  await go('batches');
  await page.getByRole('link', { name: /^cut/ }).click();
  await button('Resume').click();
  await page.getByRole('list', { name: 'Progress' }).getByText('6 running').waitFor();
  await button('Resume').waitFor({ state: 'detached' });
  const sessions = await skaha.sessions.fetch();
  const own = sessions.filter(({ name }) => name.startsWith('cut-'));
  expect(own.map(({ name }) => name).sort()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `cut-${n}`));
  await skaha.sessions.destroy(own.map(({ id }) => id));
});

test('files are dropped, and replaced when the user says so', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  await go('storage');
  await page
    .getByText(/^This folder is empty|^Only hidden entries/)
    .or(page.getByRole('table'))
    .first()
    .waitFor();
  await drop('notes.txt', 'first words');
  await page.getByText('1 file was uploaded.').waitFor();
  await page.getByRole('link', { name: 'notes.txt' }).click();
  await page.getByText('first words').waitFor();
  await drop('notes.txt', 'second words');
  await page.getByRole('dialog', { name: 'notes.txt already exists. Replace it?' }).waitFor();
  await button('Skip').click();
  await page.getByText('Nothing was uploaded.').waitFor();
  await drop('notes.txt', 'second words');
  await button('Replace').click();
  await page.getByText('second words').waitFor();
  const red =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>parent.hacked = 1</script><rect width="9" height="9" fill="red"/></svg>';
  await drop('dot.svg', red, 'image/svg+xml');
  await page.getByRole('link', { name: 'dot.svg' }).click();
  const picture = page.getByRole('img', { name: 'dot.svg' });
  await picture.waitFor();
  await page.waitForFunction('document.querySelector(".preview-image").naturalWidth === 9');
  expect(await page.evaluate('window.hacked')).toBeUndefined();
  await drop('page.html', '<script>parent.hacked = 1</script>', 'text/html');
  await page.getByRole('link', { name: 'page.html' }).click();
  await page.getByText('<script>parent.hacked').waitFor();
  expect(await page.evaluate('window.hacked')).toBeUndefined();
});

test('a file for which there is no room is refused', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  await go('storage');
  await page
    .getByText(/^This folder is empty|^Only hidden entries/)
    .or(page.getByRole('table'))
    .first()
    .waitFor();
  await drop('huge.bin', 'x'.repeat(4_000_000));
  await page.getByText('0 of 1 file was uploaded.').waitFor();
  await page.getByText(/There is no room for 3.8 MiB/).waitFor();
  expect(existsSync(join(folder, 'data/arc/home/adastra/huge.bin'))).toBe(false);
});

test('a log of 200,000 lines is followed to its end, and only what is seen is there', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const [id = ''] = await launch('talker', { cmd: 'seq', args: ['200000'] });
  await go(`sessions/${id}/logs`);
  const log = page.getByRole('log', { name: 'Log of talker' });
  await log.getByText('200000', { exact: true }).waitFor();
  await page.getByText('The last 5,000 lines').waitFor();
  await button('From the beginning').click();
  await page.getByText(/^200,000 lines/).waitFor();
  expect(await log.locator('.line').count()).toBeLessThan(200);
  await page.getByLabel('Find in the log').fill('154321');
  await page.getByText('1 line', { exact: true }).waitFor();
  await page.getByLabel('Find in the log').press('Enter');
  await log.getByText('154321', { exact: true }).waitFor();
  await page.getByLabel('Find in the log').fill('');
  await button('Follow the end').click();
  await log.getByText('200000', { exact: true }).waitFor();
});

test('a platform that is killed is missed, and found again with all that runs', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  await go('sessions');
  await page.getByRole('link', { name: 'solo' }).waitFor();
  platform.kill('SIGKILL');
  await once(platform, 'exit');
  await page.getByText('The platform does not answer.').waitFor();
  await page.getByRole('link', { name: 'solo' }).waitFor();
  await row('solo').getByRole('button', { name: 'Renew solo' }).click();
  await page.getByText('0 of 1 session renewed').waitFor();
  await startPlatform(told.port);
  await page.getByText('The platform does not answer.').waitFor({ state: 'detached' });
  await launch('newcomer');
  await page.getByRole('link', { name: 'newcomer' }).waitFor();
  await row('solo').getByText('Running').waitFor();
});

test('a login that the platform does not know any more: the page says what to do', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  platform.kill('SIGTERM');
  await once(platform, 'exit');
  writeFileSync(told.tokenFile, `${told.token.split('').reverse().join('')}\n`);
  await startPlatform(told.port);
  const banner = page.getByText('The platform no longer accepts your login.');
  await banner.waitFor();
  await page.getByText("Log in again in a terminal with 'skaha login'").waitFor();
  await page.getByRole('link', { name: 'solo' }).waitFor();
});
