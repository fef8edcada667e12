import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@skaha/base/logger.js';
import type { Browser, Page } from 'playwright-core';
import { SkahaClient, scriptCommand } from 'skaha';
import { jobStore } from 'skaha/batch/journal';
import { forward } from 'skaha/forward';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPages } from '../../../../scripts/lib/dashboard.mjs';
import { Batches } from '../../../cli/src/commands/dashboard/batches.js';
import type { Platform } from '../../../platform/src/types.js';
import { chromiumPath, launchChromium } from '../../../platform/tests/browser/chromium.js';
import {
  create,
  discard,
  openPlatform,
  roomy,
  untilStatus,
} from '../../../platform/tests/fixtures.js';
import { Portal } from '../../src/portal.js';
import { PortalServer } from '../../src/server.js';
import { cutOff, overhear } from './pages.js';

// The pages in a language of the test's own: each text stands in brackets, and is longer by a third, as
// French is. What has no brackets would stay English for ever, and what is cut off has no room.

const hasBrowser = chromiumPath !== undefined;
const folder = mkdtempSync(join(tmpdir(), 'skaha-words-'));
const complaints: string[] = [];

const marking = `
const marked = (value) =>
  typeof value === 'string' ? '⟦' + value + ' mot'.repeat(Math.ceil(value.length / 12)) + '⟧'
  : typeof value === 'function' ? (...words) => marked(value(...words))
  : Array.isArray(value) ? value.map(marked)
  : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, marked(inner)]));
const { language: tag, number: counted, percent: shared, ...words } = plain;
const own = { ...marked(words), language: tag, number: counted, percent: shared };
export const english = { ...own, launch: { ...own.launch, names: plain.launch.names } };
`;

/** Puts the language of the test in the place of English. */
const translation = {
  name: 'translation',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.endsWith('/app/texts/en.ts')
      ? code.replace('export const english =', 'const plain =') + marking
      : undefined,
};

let platform: Platform;
let client: SkahaClient;
let batches: Batches;
let server: PortalServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!hasBrowser) return;
  const data = join(folder, 'data');
  await buildPages(join(folder, 'pages'), [translation]);
  platform = await openPlatform({ data, user: 'adastra', runner: 'process', config: roomy });
  const { url, token, ca } = platform;
  client = new SkahaClient({ url, token, ca });
  const deps = { logger: silentLogger, now: Date.now };
  batches = new Batches(async () => client, jobStore(join(folder, 'jobs')), deps);
  const { root, version } = await client.connection();
  const services = new Map([
    ['/skaha', root],
    ['/storage/arc', `${new URL(root).origin}/arc`],
  ]);
  const portal = new Portal({
    folder: join(folder, 'pages'),
    now: Date.now,
    upstreamOf: () => ({
      services: async () => services,
      send: (request) => forward(client, request),
    }),
    factsOf: async () => ({ name: 'here', server: root, version, batches: true }),
    answer: (call) => batches.answer(call),
    explain: (error) => ({ code: 'test', message: String(error) }),
  });
  server = new PortalServer(portal);
  await server.listen(0);
  browser = await launchChromium();
  const context = await browser.newContext({ viewport: { width: 1300, height: 800 } });
  page = await context.newPage();
  overhear(page, complaints);
  await page.goto(server.origin + portal.link('adastra'));
  await page.locator('main h1').waitFor();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await batches?.close();
  await client?.close();
  await platform?.stop();
  await discard(join(folder, 'data'));
  rmSync(folder, { recursive: true, force: true });
});

/** What people read on a page that is in no language: neither in brackets nor known data. */
const untranslated = (known: readonly string[]) => `(() => {
  // What a platform, a program or the library says is theirs.
  const theirs = 'code, pre, .events strong, .events p, .problem, .box.bad p, .log-lines, .fits, ' +
    '.cell-why, .reasons li > p, .outcomes, .options, noscript, script, style';
  const known = ${JSON.stringify([...known].sort((a, b) => b.length - a.length))};
  const rest = (text) => {
    let left = text;
    for (let before = ''; before !== left; ) {
      before = left;
      left = left.replace(/⟦[^⟦⟧]*⟧/gu, ' ');
    }
    for (const word of known.filter(Boolean)) left = left.replaceAll(word, ' ');
    return left.replace(/\\p{L}+ \\d+, \\d{4}, [\\d:]+\\s[AP]M|[\\d:]+\\s[AP]M/gu, ' ');
  };
  const found = new Set();
  const look = (text) => {
    if (/\\p{L}{2}/u.test(rest(text ?? ''))) found.add(text.trim());
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node.parentElement.closest(theirs) === null) look(node.data);
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-roledescription']) {
    for (const element of document.querySelectorAll('[' + name + ']')) look(element.getAttribute(name));
  }
  look(document.title);
  return [...found];
})()`;

const go = (place: string) => page.goto(`${server.origin}/#/${place}`);

/** What is pressed or opened on a view, one after the other. */
const steps: Readonly<Record<string, readonly string[]>> = {
  sessions: [
    'input[type=checkbox] >> nth=1',
    '.fold >> nth=0',
    '.row:not(.heads) .cell-actions button >> nth=-1',
  ],
  launch: [
    ...['.kinds label >> nth=-1', '[name=size][value=fixed]', '[name=many][value=table]'],
    ...[
      'summary >> nth=0',
      'summary >> nth=1',
      'form fieldset > .button',
      '[type=submit]',
      '#image',
    ],
  ],
  'batches/pair': ['.check input', '.button.danger'],
  'storage/arc/%2Fhome%2Fadastra': ['.filters .button >> nth=0'],
};

test('every word is translated, and a longer one has room', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const id = await create(platform, { name: 'talker', cmd: 'tail', args: '-f /etc/hosts' });
  for (const one of [1, 2]) await create(platform, { name: `fit-${one}`, cmd: 'false' });
  await untilStatus(platform, id, 'Running');
  writeFileSync(join(platform.home, 'notes.txt'), 'text');
  const image = 'images.canfar.net/skaha/terminal:1.1.2';
  const command = scriptCommand('test "$REPLICA_ID" = 1 && exit 3; sleep 600');
  const spec = { name: 'pair', image, kind: 'headless', replicas: 2, ...command };
  await batches.answer({
    method: 'POST',
    path: ['batches'],
    user: 'adastra',
    json: async () => ({ spec }),
  });
  const known = [
    ...['adastra', 'talker', 'fit-1', 'fit-2', 'fit', 'pair-1', 'pair-2', 'pair', 'notes.txt'],
    ...['here', 'arc', 'home', 'skaha', id, image, 'skaha/terminal:1.1.2', platform.url],
    (await client.overview.availability()).note ?? '',
  ];
  const found: Record<string, string[]> = {};
  const examine = async (what: string) => {
    for (const width of [360, 1300]) {
      await page.setViewportSize({ width, height: 800 });
      const wrong = [
        ...(await page.evaluate<string[]>(untranslated(known))),
        ...(await cutOff(page)),
      ];
      if (wrong.length > 0) found[`${width} ${what}`] = wrong;
    }
  };
  const places = [
    ...['sessions', `sessions/${id}/details`, `sessions/${id}/logs`, `sessions/${id}/events`],
    ...['launch', 'batches', 'batches/pair', 'storage/arc/%2Fhome%2Fadastra'],
    ...['storage/arc/%2Fhome%2Fadastra/notes.txt', 'platform', 'nowhere'],
  ];
  for (const place of places) {
    await go(place);
    await page.locator('main :is(h1, h2):visible').first().waitFor();
    await page.locator('.loading').first().waitFor({ state: 'detached' });
    await examine(place);
    for (const step of steps[place] ?? []) {
      await page.locator(step).click();
      await examine(`${place}, ${step}`);
    }
    await page.reload();
  }
  await page.locator('.account .button').click();
  await page.locator('main.login').waitFor();
  await examine('login');
  expect(found).toEqual({});
  expect(complaints).toEqual([]);
});
