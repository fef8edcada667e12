import { beforeEach, expect, test } from 'vitest';
import { Browser } from '../../browser.js';
import { sharedPlatform } from '../../harness.js';
import { Home, passwordOf, person } from '../../identity.js';

const shell = sharedPlatform();
let home: Home;

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
});

/** The user's browser: opens the page, fills it in, and comes back to the program. */
function browser(action: 'approve' | 'refuse') {
  const pages: Promise<{ status: number; body: string }>[] = [];
  const visit = async (url: string) => {
    const window = new Browser(shell.platform);
    const page = await window.open(url);
    const password = await passwordOf(shell.platform);
    return window.open(page.url, { username: shell.platform.user, password, action });
  };
  const openBrowser = async (url: string) => {
    pages.push(visit(url));
    return true;
  };
  return { pages, openBrowser };
}

test('a login in the browser of this machine', async () => {
  const { pages, openBrowser } = browser('approve');
  const line = ['login', 'code', '--web'];
  const result = await home.ask(line, person(), { services: { openBrowser } });
  expect(result).toMatchObject({ status: 0, stdout: '' });
  expect(result.stderr).toContain('Approve the login in a browser on this machine:');
  expect(result.stderr).toContain('Logged in to code as ada.');
  expect((await pages[0])?.status).toBe(200);
  expect((await home.settings()).credentials.code).toMatchObject({
    mode: 'oidc',
    client: { flow: 'browser' },
  });
  expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
});

test('a refusal there ends with 3 and saves nothing', async () => {
  const before = await home.text();
  const { openBrowser } = browser('refuse');
  const result = await home.ask(['login', 'code', '--web'], person(), {
    services: { openBrowser },
  });
  expect(result.status).toBe(3);
  expect(result.stderr).toContain('was denied');
  expect(await home.text()).toBe(before);
});

test('to a program the address is one JSON line', async () => {
  const controller = new AbortController();
  let told = '';
  const running = home.run(['login', 'code', '--web', '--json'], {
    terminal: {
      signal: controller.signal,
      err: (text) => {
        told += text;
        if (told.includes('\n')) controller.abort(new Error('seen enough'));
      },
    },
  });
  await running;
  const [line = ''] = told.split('\n');
  expect(JSON.parse(line)).toMatchObject({
    event: 'authorization',
    url: expect.stringContaining('code_challenge_method=S256'),
  });
});
