import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../../platform/src/types.js';
import { chromiumPath, launchChromium } from '../../../platform/tests/browser/chromium.js';
import {
  create,
  discard,
  form,
  formType,
  list,
  openPlatform,
  roomy,
  send,
  untilStatus,
} from '../../../platform/tests/fixtures.js';
import { cutOff, type Looked, overhear, violations } from './pages.js';

const hasBrowser = chromiumPath !== undefined;
const config = {
  ...roomy,
  capacity: { cores: 64, memoryGiB: 256 },
  users: [{ name: 'adastra' }, { name: 'bob' }],
};

let platform: Platform;
let browser: Browser;
let context: BrowserContext | undefined;
/** What the pages complained of; nothing is expected. */
const complaints: string[] = [];

const start = (data: string) => openPlatform({ data, user: 'adastra', runner: 'process', config });

beforeAll(async () => {
  platform = await start(mkdtempSync(join(tmpdir(), 'skaha-dashboard-')));
  // A name of somebody else's that leads to this machine, as an attacker's own name service makes it.
  if (hasBrowser)
    browser = await launchChromium(['--host-resolver-rules=MAP rebound.example 127.0.0.1']);
});

afterEach(async () => {
  await context?.close();
  context = undefined;
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await platform.stop();
  await discard(platform.data);
});

const tokenOf = (user: string): string =>
  platform.users.find(({ name }) => name === user)?.token ?? '';

/** A link to the dashboard, as the command asks for one. */
async function linkFor(user: string): Promise<string> {
  const answer = await send(platform, 'POST', '/skaha/dashboard-links', {
    token: tokenOf(user),
    headers: formType,
    body: form([]),
  });
  return JSON.parse(answer.body).url;
}

/** A browser of a user's own, in which the dashboard is open. */
async function open(user = 'adastra'): Promise<Page> {
  context = await browser.newContext({
    viewport: { width: 1300, height: 800 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  overhear(page, complaints);
  await page.goto(await linkFor(user));
  await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
  return page;
}

const go = (page: Page, place: string) => page.goto(`${new URL(page.url()).origin}/#/${place}`);

/** Says something, and stays. */
const staying = { cmd: 'tail', args: '-f /etc/hosts' };

test('a session is launched by the form, followed, and deleted', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const page = await open();
  expect(page.url()).not.toMatch(/key|enter/);
  await go(page, 'launch');
  await page.getByRole('radio', { name: /^Headless/ }).check();
  const image = page.getByRole('combobox', { name: 'Image' });
  await image.fill('terminal');
  await page.getByRole('option', { name: /terminal/ }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('spaced out');
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  await page.getByText('The name may contain only letters, digits and hyphens.').waitFor();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('talker');
  await page.getByText('Shell script instead').click();
  await page
    .getByRole('textbox', { name: 'Shell script' })
    .fill('for i in 1 2 3; do echo "line $i of $BAND"; done; sleep 300');
  await page.getByRole('button', { name: 'Add a variable' }).click();
  await page.getByLabel('Name 1').fill('BAND');
  await page.getByLabel('Value 1').fill('red');
  await page.getByText('env=BAND=red').waitFor();
  await page.getByText(/skaha create headless \S+terminal:1\.1\.2 --name talker/).waitFor();
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  const detail = page.getByRole('complementary', { name: 'Session talker' });
  await detail.waitFor();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('log').getByText('line 3 of red').waitFor();
  await page.getByRole('tab', { name: 'Events' }).click();
  await page.getByRole('tabpanel').getByText('Started', { exact: true }).waitFor();
  await detail.getByRole('button', { name: 'Renew' }).click();
  await page.getByText('1 of 1 session renewed').waitFor();
  await detail.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete now' }).click();
  await page.getByText('1 of 1 session deleted').waitFor();
  expect((await list(platform)).map(({ name }) => name)).not.toContain('talker');
});

test('a deletion can be taken back before it is sent', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const id = await create(platform, { name: 'keeper', ...staying });
  const page = await open();
  await page.getByRole('button', { name: 'Delete keeper' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Nothing was deleted.').waitFor();
  const deletions = () =>
    platform.requests.filter(({ method, path }) => method === 'DELETE' && path.includes(id));
  expect(deletions()).toEqual([]);
  await page.getByLabel('Select keeper').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete now' }).click();
  await page.getByRole('link', { name: 'keeper' }).waitFor({ state: 'detached' });
  expect(deletions()).toHaveLength(1);
});

test("two users never see what is the other's", async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  await create(platform, { name: 'mine-alone', ...staying });
  await create(platform, { name: 'bobs-own', ...staying }, { token: tokenOf('bob') });
  writeFileSync(join(platform.home, 'private.txt'), 'a secret of adastra');
  const page = await open('bob');
  await page.getByRole('link', { name: 'bobs-own' }).waitFor();
  expect(await page.getByText('mine-alone').count()).toBe(0);
  await go(page, 'storage/arc/%2Fhome%2Fadastra');
  await page.getByRole('alert').waitFor();
  expect(await page.getByText('private.txt').count()).toBe(0);
});

test('files are put there, looked at, and taken away', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const page = await open();
  await page.getByRole('link', { name: 'Files' }).click();
  await page.getByRole('navigation', { name: 'Current folder' }).getByText('adastra').waitFor();
  const card = (text: string) => text.padEnd(80);
  const header = [
    card('SIMPLE  =                    T'),
    card('BITPIX  =                    8'),
    card('NAXIS   =                    0'),
    card("OBJECT  = 'M 31''s core'      / what it is"),
    card('END'),
  ];
  const extension = [
    card("XTENSION= 'IMAGE   '"),
    card('BITPIX  =                    8'),
    card('NAXIS   =                    0'),
    card("EXTNAME = 'WEIGHT  '"),
    card('END'),
  ];
  const block = (cards: string[]) => cards.join('').padEnd(2880);
  await page.locator('input[type=file]').setInputFiles([
    {
      name: 'core.fits',
      mimeType: 'application/fits',
      buffer: Buffer.from(block(header) + block(extension)),
    },
    { name: 'Grüße & more.txt', mimeType: 'text/plain', buffer: Buffer.from('hello there') },
  ]);
  await page.getByText('2 files were uploaded.').waitFor();
  await page.getByRole('link', { name: 'core.fits' }).click();
  await page.getByText("M 31's core").waitFor();
  await page.getByText('HDU 1 · WEIGHT').waitFor();
  await page.getByRole('link', { name: 'Grüße & more.txt' }).click();
  await page.getByText('hello there').waitFor();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download core.fits' }).click();
  expect((await saved).suggestedFilename()).toBe('core.fits');
  await page.getByRole('button', { name: 'Delete core.fits' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('core.fits was deleted.').waitFor();
  await page.getByRole('button', { name: 'New folder' }).click();
  await page.getByLabel('Name of the new folder').fill('nights');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('link', { name: 'nights' }).waitFor();
  await page.getByRole('button', { name: 'Delete nights' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('nights was deleted.').waitFor();
});

/** What a hostile page tries with the dashboard of its visitor, and what it got. */
const attack = (dashboard: string, id: string) => `<!doctype html><title>hostile</title><script>
const tries = {};
const attempt = (name, url, init) => fetch(url, { credentials: 'include', ...init }).then(
  async (reply) => { tries[name] = reply.type === 'opaque' ? 'opaque' : reply.status + await reply.text(); },
  () => { tries[name] = 'refused'; });
const base = ${JSON.stringify(dashboard)};
const form = new URLSearchParams({ name: 'stolen', image: 'images.canfar.net/skaha/terminal:1.1.2', type: 'headless' });
onload = async () => {
  await attempt('read', base + '/skaha/v1/session');
  await attempt('blind', base + '/skaha/v1/session', { method: 'POST', body: form, mode: 'no-cors' });
  await attempt('keyed', base + '/skaha/v1/session/${id}', { method: 'DELETE', headers: { 'x-skaha-dashboard': 'guess' } });
  await attempt('logout', base + '/dashboard/v1/logout', { method: 'POST', mode: 'no-cors' });
  await attempt('login', base + '/dashboard/v1/me', { headers: { accept: 'application/json' } });
  tries.script = await new Promise((resolve) => {
    const script = document.createElement('script');
    script.onload = () => resolve('loaded');
    script.onerror = () => resolve('refused');
    script.src = base + '/skaha/v1/session';
    document.body.append(script);
  });
  tries.picture = await new Promise((resolve) => {
    const picture = new Image();
    picture.onload = () => resolve('loaded');
    picture.onerror = () => resolve('refused');
    picture.src = base + '/icon.svg';
  });
  const frame = document.createElement('iframe');
  frame.name = 'inner';
  document.body.append(frame);
  const posted = document.createElement('form');
  posted.method = 'post'; posted.target = 'inner'; posted.action = base + '/skaha/v1/session';
  for (const [name, value] of form) posted.append(Object.assign(document.createElement('input'), { name, value }));
  document.body.append(posted);
  posted.submit();
  await new Promise((resolve) => { frame.onload = resolve; });
  frame.src = base + '/';
  await new Promise((resolve) => { frame.onload = resolve; });
  try { tries.frame = frame.contentDocument === null ? 'closed' : 'open'; } catch { tries.frame = 'closed'; }
  document.title = JSON.stringify(tries);
};
</script><body></body>`;

test('a hostile page on another origin, or on another port of this host, can do nothing', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const id = await create(platform, { name: 'target', ...staying });
  const page = await open();
  await page.getByRole('link', { name: 'target' }).waitFor();
  const { origin } = new URL(page.url());
  const hostile = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(attack(origin, id));
  });
  await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = hostile.address() as AddressInfo;
    for (const host of ['127.0.0.1', 'localhost']) {
      const other = await context?.newPage();
      await other?.goto(`http://${host}:${port}/`);
      await other?.waitForFunction("document.title.startsWith('{')");
      expect(JSON.parse((await other?.title()) ?? '')).toEqual({
        read: 'refused',
        blind: 'refused',
        keyed: 'refused',
        logout: 'refused',
        login: 'refused',
        script: 'refused',
        picture: 'refused',
        frame: 'closed',
      });
      await other?.close();
    }
  } finally {
    hostile.closeAllConnections();
    await new Promise((resolve) => hostile.close(resolve));
  }
  const names = (await list(platform)).map(({ name }) => name);
  expect(names).toContain('target');
  expect(names).not.toContain('stolen');
  await page.reload();
  await page.getByRole('link', { name: 'target' }).waitFor();
});

test('a name that merely leads to this machine gets nothing, and spends no link', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const link = new URL(await linkFor('adastra'));
  context = await browser.newContext();
  const page = await context.newPage();
  for (const path of ['/', '/skaha/v1/session', link.pathname]) {
    const answer = await page.goto(`http://rebound.example:${link.port}${path}`);
    expect([path, answer?.status()]).toEqual([path, 421]);
  }
  expect(await context.cookies()).toEqual([]);
  await page.goto(link.href);
  await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
});

test('a page of a session cannot act in the name of the dashboard: it has another origin', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const page = await open();
  const { origin } = new URL(page.url());
  const id = await create(platform, {
    type: 'contributed',
    name: 'page',
    image: 'images.canfar.net/skaha/webpage:latest',
  });
  await untilStatus(platform, id, 'Running');
  const opened = context?.waitForEvent('page');
  await page.getByRole('button', { name: 'Open page in a new tab' }).click();
  const tab = await opened;
  await tab?.waitForURL(/\/session\/contrib/);
  expect(new URL(tab?.url() ?? origin).origin).not.toBe(origin);
  expect(await tab?.evaluate('window.opener')).toBeNull();
});

test('the platform stops and comes back while the page is open', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  await create(platform, { name: 'survivor', ...staying });
  const page = await open();
  await page.getByRole('link', { name: 'survivor' }).waitFor();
  const { data } = platform;
  await platform.stop({ sessions: 'leave' });
  await page.getByText('The dashboard itself does not answer.').waitFor();
  await page.getByRole('link', { name: 'survivor' }).waitFor();
  platform = await start(data);
  await create(platform, { name: 'newcomer', ...staying });
  await page
    .getByRole('button', { name: 'Try now' })
    .click({ timeout: 2_000 })
    .catch(() => undefined);
  await page.getByRole('link', { name: 'newcomer' }).waitFor();
  expect(await page.getByText('The platform does not answer.').count()).toBe(0);
  await page.getByRole('link', { name: 'survivor' }).waitFor();
});

test('two tabs share one watch', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const first = await open();
  const second = await context?.newPage();
  await second?.goto(first.url());
  await second?.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
  const asked = { first: 0, second: 0 };
  const count = (page: Page | undefined, name: keyof typeof asked) =>
    page?.on('request', (request) => {
      if (new URL(request.url()).pathname === '/skaha/v1/session') asked[name] += 1;
    });
  count(first, 'first');
  count(second, 'second');
  await create(platform, { name: 'shared', ...staying });
  await Promise.all([
    first.getByRole('link', { name: 'shared' }).waitFor(),
    second?.getByRole('link', { name: 'shared' }).waitFor(),
  ]);
  expect(Math.min(asked.first, asked.second)).toBe(0);
  expect(asked.first + asked.second).toBeGreaterThan(0);
});

test('a browser that is not logged in is told how', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const link = await linkFor('adastra');
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${new URL(link).origin}/`);
  await page.getByText('skaha dashboard', { exact: true }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.goto(link);
  await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Log out of the dashboard' }).click();
  await page.getByText('skaha dashboard', { exact: true }).waitFor();
  await page.goto(link);
  await page.getByText('That link has already been used').waitFor();
});

/** Whatever opens over a view: how it is opened, and by what it is seen. */
const openings: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  sessions: async (page) => {
    await page.getByLabel('Select seen').check();
    await page.getByRole('button', { name: 'Delete seen' }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
  },
  launch: async (page) => {
    await page.getByRole('radio', { name: /^Headless/ }).check();
    await page.getByRole('radio', { name: /^Fixed/ }).check();
    await page.getByRole('radio', { name: /A table of parameters/ }).check();
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.getByRole('button', { name: 'Add a variable' }).click();
    await page.getByRole('button', { name: /^Launch/ }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('combobox', { name: 'Image' }).focus();
    await page.getByRole('listbox', { name: 'Image' }).waitFor();
  },
  'storage/arc/%2Fhome%2Fadastra': async (page) => {
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('dialog').waitFor();
  },
};

/** What the views show. */
async function makeSeen(): Promise<string> {
  const id = await create(platform, { name: 'seen', ...staying });
  for (const one of [1, 2]) await create(platform, { name: `batch-${one}`, cmd: 'false' });
  await untilStatus(platform, id, 'Running');
  writeFileSync(join(platform.home, 'seen.txt'), 'text');
  return id;
}

/** How a view is looked at. */
interface Look {
  readonly name: string;
  readonly width: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** How many dots of the screen a point takes: with half the width, this is a zoom of 200 %. */
  readonly scale?: number;
  readonly looked: Looked;
}

const usual: Look = { name: 'light', width: 1300, looked: 'all' };
const looks: readonly Look[] = [
  usual,
  { name: 'dark', width: 1300, dark: true, looked: 'colours' },
  { name: 'as narrow as can be', width: 320, looked: 'room' },
  { name: 'twice as large', width: 640, height: 400, scale: 2, looked: 'room' },
];

test('every view can be used by everybody: light, dark, narrow, and twice as large', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const id = await makeSeen();
  const found: Record<string, string[]> = {};
  const page = await open();
  const screen = await page.context().newCDPSession(page);
  const see = async ({ width, height = 800, scale = 1, dark = false }: Look) => {
    const metrics = { width, height, deviceScaleFactor: scale, mobile: false };
    await screen.send('Emulation.setDeviceMetricsOverride', metrics);
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  };
  const examine = async (what: string) => {
    for (const look of looks) {
      await see(look);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      const wrong = [...(await violations(page, look.looked)), ...(await cutOff(page))];
      if (wrong.length > 0) found[`${what}: ${look.name}`] = wrong;
    }
    await see(usual);
  };
  const views = [
    ['sessions', page.locator(`a[href='#/sessions/${id}']`)],
    [`sessions/${id}/details`, page.getByText('Expires')],
    [`sessions/${id}/logs`, page.getByRole('log')],
    [`sessions/${id}/events`, page.getByRole('tabpanel').getByText('Started', { exact: true })],
    ['launch', page.getByText('The same as a command')],
    ['batches', page.getByText('Journals of batches')],
    ['platform', page.getByText('allocated to sessions').first()],
    ['storage/arc/%2Fhome%2Fadastra', page.getByRole('link', { name: 'seen.txt' })],
    ['storage/arc/%2Fhome%2Fadastra/seen.txt', page.getByRole('complementary')],
  ] as const;
  for (const [place, ready] of views) {
    await go(page, place);
    await ready.waitFor();
    await examine(place);
    const more = openings[place];
    if (more === undefined) continue;
    await more(page);
    await examine(`${place}, opened`);
    await page.keyboard.press('Escape');
    if (place === 'sessions') await page.getByRole('button', { name: 'Undo' }).click();
  }
  expect(found).toEqual({});
});

test('the keyboard reaches everything: a session is found, opened and deleted without a mouse', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  await create(platform, { name: 'keyed', ...staying });
  const page = await open();
  await page.getByRole('link', { name: 'keyed' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('content');
  await page.getByLabel('Filter by name, image or id').focus();
  await page.keyboard.type('keyed');
  await page.getByRole('link', { name: 'keyed' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Details' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Logs', selected: true }).waitFor();
});
