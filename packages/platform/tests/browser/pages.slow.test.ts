import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '@skaha/engine/kinds/plan.js';
import { sessionPath } from '@skaha/platform-local/plain-process.js';
import type { SessionWire } from '@skaha/wire/schemas.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultImages } from '../../src/config/default-images.js';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  logs,
  openPlatform,
  roomy,
  send,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';
import { appImage, linkTo, page as webApp } from '../proxy/web-app.js';
import { chromiumPath, launchChromium } from './chromium.js';

const host = 'images.canfar.net/skaha';
const has = (program: string) => isInstalled(program, sessionPath());
const hasBrowser = chromiumPath !== undefined;
const hasNotebook = has('jupyter-notebook') || has('jupyter-lab');
const hasDesktop = has('Xtigervnc') && has('xterm');

let platform: Platform;
let browser: Browser;

const config = {
  ...roomy,
  runner: 'auto' as const,
  images: [
    ...defaultImages,
    { id: appImage, types: ['contributed'], command: ['node', 'echo.cjs'] },
  ],
};

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
  platform = await openPlatform({ data, port: 0, user: 'adastra', config });
  if (hasBrowser) browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await platform.stop();
  await discard(platform.data);
});

/** Starts a session and returns it once it runs; when it does not, its log says why. */
async function start(kind: string, image: string): Promise<SessionWire> {
  const id = await create(platform, { type: kind, image });
  const session = await untilStatus(platform, id, 'Running', 'Failed');
  expect(session.status, await logs(platform, id)).toBe('Running');
  return session;
}

/** A browser that knows nothing else, and trusts no authority but its own. */
async function newPage(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  return await context.newPage();
}

/** Opens a session as its owner would. */
async function open(id: string): Promise<Page> {
  const opened = await newPage();
  const link = await linkTo(platform, id);
  await opened.goto(link);
  const { origin, pathname } = new URL(opened.url());
  expect(origin).toBe(new URL(link).origin);
  expect(pathname).toContain(`/${id}/`);
  expect(opened.url()).not.toMatch(/token|enter/);
  return opened;
}

/** An empty notebook in the home of the user. */
const emptyNotebook = JSON.stringify({
  cells: [{ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: [] }],
  metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } },
  nbformat: 4,
  nbformat_minor: 5,
});

test('a notebook opens, and a cell runs in the home', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  skip(!hasNotebook, 'no Jupyter server is installed');
  writeFileSync(join(platform.home, 'try.ipynb'), emptyNotebook, { mode: 0o666 });
  const session = await start('notebook', `${host}/astroml:latest`);
  const opened = await open(session.id);
  const isLab = opened.url().includes('/lab/');
  const base = opened.url().replace(/(?:lab\/)?tree\/.*$/, '');
  const view = isLab ? 'lab/tree' : 'notebooks';
  await opened.goto(`${base}${view}/arc/home/adastra/try.ipynb`);
  await opened
    .locator(isLab ? '.jp-Notebook .cm-content' : '.CodeMirror')
    .first()
    .click();
  await opened.keyboard.type('import os; print(6 * 7, os.getcwd(), os.environ["skaha_username"])');
  await opened.keyboard.press('Shift+Enter');
  const output = opened.locator(isLab ? '.jp-OutputArea-output' : '.output_text').first();
  await output.waitFor();
  expect(await output.textContent()).toMatch(/^42 \S*\/arc\/home\/adastra adastra/);
});

/** How much of the desktop is white, from 0 to 1. */
const whiteShare = async (opened: Page): Promise<number> =>
  await opened.evaluate<number>(`(() => {
    const canvas = document.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let white = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === 255 && data[at + 1] === 255 && data[at + 2] === 255) white += 1;
    }
    return white / (canvas.width * canvas.height);
  })()`);

test('a desktop shows what an app draws, and hears keys', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  skip(!hasDesktop, 'no VNC server, or no xterm, is installed');
  const { id } = await start('desktop', `${host}/desktop:latest`);
  const opened = await open(id);
  await opened.locator('canvas').waitFor();
  await until(async () => (await opened.locator('#status').textContent()) === '');
  expect(await whiteShare(opened)).toBeLessThan(0.01);
  await opened.getByText('Start an app').click();
  await opened.getByRole('button', { name: 'terminal:1.1.2' }).click();
  await until(async () => (await whiteShare(opened)) > 0.2);
  await opened.mouse.click(500, 350);
  await until(async () => {
    await opened.keyboard.type('touch typed-here');
    await opened.keyboard.press('Enter');
    return existsSync(join(platform.home, 'typed-here'));
  });
  // The app ends with its desktop.
  await send(platform, 'DELETE', `/skaha/v1/session/${id}`);
  const list = async () =>
    JSON.parse((await send(platform, 'GET', '/skaha/v1/session/x/app')).body);
  expect(await list()).toEqual([]);
});

test('a desktop on a full machine says what an app waits for, and then starts it', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  skip(!hasDesktop, 'no VNC server, or no xterm, is installed');
  const small = await testPlatform({
    runner: 'auto',
    config: {
      capacity: { cores: 1, memoryGiB: 16 },
      limits: { cores: { defaultRequest: 0.75 } },
    },
  });
  const id = await create(small, { type: 'desktop', image: `${host}/desktop:latest` });
  await untilStatus(small, id, 'Running');
  const full = await create(small, { cmd: 'sleep', args: '600' });
  await untilStatus(small, full, 'Running');
  const opened = await newPage();
  await opened.goto(await linkTo(small, id));
  await opened.locator('canvas').waitFor();
  await opened.getByText('Start an app').click();
  const status = opened.locator('#status');
  await opened.getByRole('button', { name: 'terminal:1.1.2' }).click();
  await until(async () =>
    /waits: waiting for 0\.25 cores/.test((await status.textContent()) ?? ''),
  );
  await send(small, 'DELETE', `/skaha/v1/session/${full}`);
  await until(async () => (await whiteShare(opened)) > 0.2);
  await until(async () => (await status.textContent()) === '');
});

test('the page of a web app opens its WebSocket; that of another site gets nothing', async ({
  skip,
}) => {
  skip(!hasBrowser, 'chromium is not installed');
  const { id, path } = await webApp(platform);
  const opened = await open(id);
  const { origin } = new URL(opened.url());
  await opened.goto(`${origin}${path}page`);
  const said = opened.locator('#said');
  await until(async () => (await said.textContent()) === 'hello from the page');
  const [cookie] = await opened.context().cookies(`${origin}${path}`);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path });
  // A server of somebody else on this machine: to a browser the same site, on another port.
  const server = createServer((_, reply) => {
    reply.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const evil = await opened.context().newPage();
    await evil.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const outcome = await evil.evaluate<string[]>(`(async () => {
      const page = ${JSON.stringify(`${origin}${path}`)};
      const socket = await new Promise((resolve) => {
        const opened = new WebSocket(page.replace('http', 'ws') + 'socket');
        opened.onopen = () => resolve('open');
        opened.onerror = () => resolve('refused');
      });
      const post = await fetch(page, { method: 'POST', credentials: 'include', body: 'x' })
        .then(() => 'read', () => 'refused');
      const framed = await new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = () => {
          try { resolve(frame.contentDocument === null ? 'foreign' : 'own'); } catch { resolve('foreign'); }
        };
        frame.src = page + 'page';
        document.body.append(frame);
      });
      return [socket, post, framed];
    })()`);
    expect(outcome).toEqual(['refused', 'refused', 'foreign']);
    const [, frame] = evil.frames();
    expect(await frame?.locator('#said').count()).toBe(0);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('the address of a session says in a browser without a login what to do', async ({ skip }) => {
  skip(!hasBrowser, 'chromium is not installed');
  const { id, path } = await webApp(platform);
  const { origin } = new URL(await linkTo(platform, id));
  const stranger = await newPage();
  expect((await stranger.goto(`${origin}${path}`))?.status()).toBe(401);
  expect(await stranger.textContent('main')).toContain('skaha open');
});
