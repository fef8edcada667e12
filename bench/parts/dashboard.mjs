// @ts-check
/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { Portal } from '@skaha/dashboard/portal.js';
import { PortalServer } from '@skaha/dashboard/server.js';
import { chromium } from 'playwright-core';
import { dashboardOutput } from '../../scripts/lib/dashboard.mjs';
import { median } from '../lib/numbers.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const count = 10_000;
const logBytes = 100 * 2 ** 20;

/** What a platform would say about so many sessions. */
function sessions() {
  const states = ['Running', 'Pending', 'Completed', 'Failed'];
  const from = Date.parse('2026-08-01T00:00:00Z');
  const time = (/** @type {number} */ minutes) =>
    new Date(from + minutes * 60_000).toISOString().replace(/\.\d+/, '');
  return JSON.stringify(
    Array.from({ length: count }, (_, index) => ({
      id: index.toString(36).padStart(8, 'a'),
      userid: 'ada',
      runAsUID: '1000',
      runAsGID: '1000',
      supplementalGroups: [],
      image: 'images.canfar.net/skaha/terminal:1.1.2',
      type: 'headless',
      status: states[index % states.length],
      name: `survey${index % 97}-${index}`,
      startTime: time(index),
      expiryTime: time(index + 20_160),
      connectURL: 'not-applicable',
      requestedRAM: '8G',
      requestedCPUCores: '2',
      requestedGPUCores: '0',
      ramInUse: '1G',
      cpuCoresInUse: '0.5',
      isFixedResources: true,
    })),
  );
}

/** A log of many lines. */
function log() {
  const lines = [];
  let length = 0;
  for (let index = 0; length < logBytes; index += 1) {
    const line = `2026-08-01T00:00:00Z frame ${index}: background 21.${index % 100}, seeing 0.7 arcsec, done\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join(''));
}

/** A platform that has these sessions, and one log. */
function upstream() {
  const list = Buffer.from(sessions());
  const [first] = JSON.parse(list.toString());
  const written = log();
  async function* once(/** @type {Uint8Array} */ bytes) {
    for (let at = 0; at < bytes.length; at += 2 ** 18) yield bytes.subarray(at, at + 2 ** 18);
  }
  return {
    services: async () => new Map([['/skaha', 'http://127.0.0.1/skaha']]),
    /** @param {import('@skaha/dashboard/portal.js').ForwardedRequest} request */
    send: async ({ url, headers }) => {
      if (!url.includes('view=logs')) {
        const isOne = /\/session\/[a-z0-9]+/.test(url);
        const body = isOne ? Buffer.from(JSON.stringify({ ...first, status: 'Running' })) : list;
        return { status: 200, headers: { 'content-type': 'application/json' }, body: once(body) };
      }
      const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '') ?? [];
      const until = end === '' ? written.length : Math.min(written.length, Number(end) + 1);
      if (headers['range'] === undefined || Number(start) >= written.length) {
        const isAsked = headers['range'] !== undefined;
        const body = isAsked ? Buffer.alloc(0) : written;
        return {
          status: isAsked ? 416 : 200,
          headers: {
            'content-type': 'text/plain',
            'accept-ranges': 'bytes',
            'content-range': `bytes */${written.length}`,
          },
          body: once(body),
        };
      }
      return {
        status: 206,
        headers: {
          'content-type': 'text/plain',
          'accept-ranges': 'bytes',
          'content-range': `bytes ${start}-${until - 1}/${written.length}`,
        },
        body: once(written.subarray(Number(start), until)),
      };
    },
  };
}

/**
 * Scrolls a list for two seconds, as a quick flick does: 9,000 points a second.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} list - a selector
 * @returns {Promise<number>} middle time of a frame, in milliseconds
 */
async function scroll(page, list) {
  // Where it ends is asked once: each answer would have the page laid out there and then.
  const times = await page.evaluate(`new Promise((resolve) => {
    const box = document.querySelector(${JSON.stringify(list)});
    const end = box.scrollHeight - box.clientHeight;
    const frames = [];
    const began = performance.now();
    let before = began;
    let top = 0;
    const step = (now) => {
      frames.push(now - before);
      before = now;
      top = (top + 150) % end;
      box.scrollTop = top;
      if (now - began < 2_000) requestAnimationFrame(step);
      else resolve(frames.slice(2));
    };
    requestAnimationFrame(step);
  })`);
  const frames = /** @type {number[]} */ (times);
  return frames.reduce((sum, one) => sum + one, 0) / frames.length;
}

/** A list with nothing in it: so quickly this machine draws at this moment, and no list can be quicker. */
const bare = `<div class="bare" style="height: 640px; overflow: auto">
  <div style="height: 600000px; background: linear-gradient(#fff, #ccc)"></div>
</div>`;

/**
 * How long a frame of a list takes, and one of a bare page that is scrolled right after it.
 *
 * @param {import('playwright-core').Page} page
 * @param {import('playwright-core').Page} other
 * @param {string} list - a selector
 */
async function compare(page, other, list) {
  await page.bringToFront();
  const value = await scroll(page, list);
  await other.bringToFront();
  const reference = await scroll(other, '.bare');
  await page.bringToFront();
  return { value, reference };
}

/**
 * How much the process of a page has worked, on all its threads: the page, and what watches beside it.
 * A browser that has just begun is at work in other processes, for itself.
 *
 * @param {import('playwright-core').CDPSession} tools
 * @returns {Promise<number>} in milliseconds of processor time
 */
async function work(tools) {
  const { metrics } = await tools.send('Performance.getMetrics');
  return 1_000 * (metrics.find(({ name }) => name === 'ProcessTime')?.value ?? Number.NaN);
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {() => string} link
 */
async function measure(browser, link) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const tools = await context.newCDPSession(page);
  await tools.send('Performance.enable');
  // The way in, without a login: the process of the page is there, and warm.
  await page.goto(new URL('/', link()).href);
  await page.addInitScript("localStorage.setItem('skaha.dashboard.group', 'no')");
  const before = await work(tools);
  await page.goto(link());
  await page.locator('.row .cell-name a').first().waitFor();
  const first = (await work(tools)) - before;
  const other = await context.newPage();
  await other.setContent(bare);
  const rows = await compare(page, other, '.rows');
  const { origin } = new URL(page.url());
  await page.goto(`${origin}/#/sessions/aaaaaaaa/logs`);
  await page.getByRole('button', { name: 'From the beginning' }).click();
  const foot = page.locator('.log-foot').filter({ hasText: /\b1,\d{3},\d{3} lines/ });
  await foot.waitFor({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Follow the end' }).click();
  const lines = await compare(page, other, '.log-lines');
  await context.close();
  return { first, rows, lines };
}

/**
 * The dashboard in a browser, with many sessions and a long log.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export async function dashboard({ quick }) {
  const places = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'];
  const executablePath = places.find((path) => path !== '' && existsSync(path));
  if (executablePath === undefined) return [];
  const platform = upstream();
  const portal = new Portal({
    folder: dashboardOutput,
    now: Date.now,
    upstreamOf: () => platform,
    factsOf: async () => ({
      name: 'bench',
      server: 'http://127.0.0.1/skaha',
      version: 'v1',
      batches: false,
    }),
    explain: (error) => ({ code: 'bench', message: String(error) }),
  });
  const server = new PortalServer(portal);
  await server.listen(0);
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  const browser = await chromium.launch({ executablePath, args });
  try {
    /** @type {Awaited<ReturnType<typeof measure>>[]} */
    const runs = [];
    for (let run = 0; run < (quick ? 1 : 3); run += 1) {
      runs.push(await measure(browser, () => server.origin + portal.link('ada')));
    }
    /** @param {'lines' | 'rows'} list */
    const frame = (list) => ({
      against: 'a frame of a bare page, scrolled',
      reference: median(runs.map((run) => run[list].reference)),
      value: median(runs.map((run) => run[list].value)),
      unit: /** @type {const} */ ('ms'),
    });
    return [
      {
        name: 'work until 10,000 sessions are shown',
        against: 'a second of one processor',
        reference: 1_000,
        value: median(runs.map(({ first }) => first)),
        unit: 'ms',
      },
      { name: 'frames of 10,000 sessions, scrolled', ...frame('rows') },
      { name: 'frames of a log of 100 MiB, scrolled', ...frame('lines') },
    ];
  } finally {
    await browser.close();
    await server.close();
  }
}
