import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sections } from '../../docs/.vitepress/pages.mjs';
import { chromiumPath, launchChromium } from '../../packages/platform/tests/browser/chromium.js';
import { buildSite, sitePath, vitepress } from '../docs/site.mjs';
import { root } from '../lib/root.mjs';
import { findFiles } from '../lib/sources.mjs';
import { Steps } from '../lib/steps.mjs';

const built = join(root, sitePath);
const isInstalled = vitepress !== undefined && existsSync(join(root, 'docs/node_modules/typedoc'));
if (!isInstalled) process.stderr.write('skipped: the docs workspace is not installed\n');
if (chromiumPath === undefined) process.stderr.write('skipped in part: there is no Chromium\n');

const read = (path: string) => readFileSync(join(built, path), 'utf8');
const attribute = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&'),
  );

describe.skipIf(!isInstalled)('the site of the documentation', () => {
  let pages: string[] = [];

  beforeAll(async () => {
    let said = '';
    const write = (text: string) => {
      said += text;
    };
    const generated = await buildSite(new Steps({ write }), 'draft');
    expect(generated, said).toBeDefined();
    // `findFiles` leaves out folders named dist, but may begin in one.
    pages = findFiles(built, (path) => path.endsWith('.html'));
  }, 400_000);

  test('has every page that its lists name, and a reference for every entry', () => {
    const listed = sections.flatMap(({ items }) => items.map(({ link }) => link.split('#')[0]));

    expect(pages).toEqual(
      expect.arrayContaining(
        listed.map((link = '') => `${link.slice(1).replace(/\/$/, '/index')}.html`),
      ),
    );
    expect(pages.filter((page) => page.startsWith('api/')).length).toBeGreaterThan(8);
    expect(read('api/skaha.html')).toContain('id="destroywith"');
    expect(read('api/skaha/sync.html')).toContain('id="create"');
  });

  test('has no link that leads to nothing', () => {
    const anchors = new Map(pages.map((page) => [page, new Set(attribute(read(page), 'id'))]));
    const dead = pages.flatMap((page) =>
      [...attribute(read(page), 'href'), ...attribute(read(page), 'src')]
        .filter((target) => !/^(https?:|mailto:|data:)/.test(target))
        .filter((target) => {
          const [file = '', anchor = ''] = decodeURIComponent(target).split('#');
          const place = file.startsWith('/') ? file.slice(1) : posix.join(dirname(page), file);
          const path = file === '' ? page : place === '' ? 'index.html' : place;
          if (!existsSync(join(built, path))) return true;
          // The page of a mistyped address has its parts only when it is shown.
          return anchor !== '' && page !== '404.html' && !anchors.get(path)?.has(anchor);
        })
        .map((target) => `${page}: ${target}`),
    );

    expect(dead).toEqual([]);
  });

  test('loads nothing from elsewhere', () => {
    const loaded = pages.flatMap((page) =>
      [
        ...read(page).matchAll(/<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)="([^"]+)"/g),
      ].map(([, target = '']) => target),
    );
    const styles = findFiles(built, (path) => path.endsWith('.css'))
      .map(read)
      .join('\n');

    expect(loaded.length).toBeGreaterThan(pages.length);
    expect(loaded.filter((target) => /^(https?:)?\/\//.test(target))).toEqual([]);
    expect(styles).not.toMatch(/url\(["']?(https?:)?\/\/|@import/);
  });

  describe.skipIf(chromiumPath === undefined)('in a browser', () => {
    let site: PreviewServer;
    let address = '';
    let browser: Browser;
    let page: Page;
    /** What the pages asked of others, and what went wrong. */
    const problems: string[] = [];

    beforeAll(async () => {
      site = await preview({
        configFile: false,
        root: join(root, 'docs'),
        logLevel: 'error',
        build: { outDir: built },
        preview: { port: 0, host: '127.0.0.1', strictPort: true },
      });
      address = site.resolvedUrls?.local[0] ?? '';
      browser = await launchChromium();
      page = await browser.newPage();
      page.on('request', (request) => {
        if (!request.url().startsWith(address)) problems.push(request.url());
      });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('response', (reply) => {
        if (reply.status() >= 400) problems.push(`${reply.status()} ${reply.url()}`);
      });
    });

    afterEach(() => expect(problems.splice(0)).toEqual([]));

    afterAll(async () => {
      await browser.close();
      await site.close();
    });

    async function open(path: string, width: number, colorScheme: 'light' | 'dark') {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.goto(`${address.replace(/\/$/, '')}${path}`, { waitUntil: 'networkidle' });
    }

    test.each([
      ['/', 390, 'light'],
      ['/troubleshooting.html', 390, 'dark'],
      ['/api/skaha.html', 390, 'light'],
      ['/architecture.html', 1440, 'dark'],
    ] as const)('%s fits a width of %i in %s', async (path, width, colours) => {
      await open(path, width, colours);

      const overflow = 'document.documentElement.scrollWidth - window.innerWidth';
      expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
      expect(await page.evaluate('document.documentElement.classList.contains("dark")')).toBe(
        colours === 'dark',
      );
    });

    test('finds words without a server', async () => {
      await open('/get-started.html', 1280, 'light');

      await page.locator('.VPNavBarSearch button').click();
      await page.locator('.VPLocalSearchBox input').fill('journal');
      const results = page.locator('.VPLocalSearchBox .result');
      await results.first().waitFor();

      expect((await results.allTextContents()).join('\n')).toContain('journal');
    });
  });
});
