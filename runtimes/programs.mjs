// @ts-check
// The runtimes that the library is tried on, and how each runs the cases of `runtimes/suite`.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, npm } from '../scripts/lib/command.mjs';
import { root } from '../scripts/lib/root.mjs';

const folder = join(root, 'runtimes');
const suite = join(folder, 'suite');
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * @typedef {object} CaseResult
 * @property {string} credential
 * @property {string} group
 * @property {string} name
 * @property {string} [error]
 * @property {string} [skipped] - why it was not run
 */

/**
 * @typedef {object} RuntimeResult
 * @property {string} runtime - with its version
 * @property {readonly CaseResult[]} results
 * @property {string} [missing] - why it was not tried
 * @property {string} [broken] - what it said when it came to nothing
 */

/** Brings the runtimes from the package registry; what this system has none of is left out. */
export async function installRuntimes() {
  const installed = join(folder, 'node_modules/.package-lock.json');
  const wanted = statSync(join(folder, 'package-lock.json')).mtimeMs;
  if (existsSync(installed) && statSync(installed).mtimeMs >= wanted)
    return { ok: true, output: '' };
  const { file, args } = npm(['ci', '--no-workspaces', '--no-fund', '--no-audit']);
  return capture(file, args, { cwd: folder });
}

const bin = (/** @type {string} */ path) => join(folder, 'node_modules', path);

/** Programs that run a module, by the name of the runtime. */
export const programs = [
  { name: 'Node', file: process.execPath, args: [] },
  { name: 'Node', file: bin('node22/bin/node'), args: [] },
  { name: 'Node', file: bin('node24/bin/node'), args: [] },
  { name: 'Node', file: bin('node26/bin/node'), args: [] },
  { name: 'Bun', file: bin('bun/bin/bun.exe'), args: ['run'] },
  { name: 'Deno', file: bin('deno/deno'), args: ['run', '--allow-all', '--quiet'] },
];

/**
 * A way for the cases to order misbehaviours of the platform, on loopback.
 *
 * @param {import('skaha-platform').Platform} platform
 */
export async function startControl(platform) {
  const server = createServer((incoming, reply) => control(platform, incoming, reply));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return { server, url: addressOf(server) };
}

/** @param {import('node:http').Server} server */
function addressOf(server) {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/**
 * @param {import('skaha-platform').Platform} platform
 * @param {import('node:http').IncomingMessage} incoming
 * @param {import('node:http').ServerResponse} reply
 */
async function control(platform, incoming, reply) {
  let text = '';
  for await (const chunk of incoming) text += chunk;
  try {
    if (text === '') platform.faults.clear();
    else platform.faults.inject(text);
    reply.end();
  } catch (error) {
    reply.writeHead(400).end(String(error));
  }
}

/**
 * @param {(typeof programs)[number]} program
 * @param {import('skaha-platform').Platform} platform
 * @param {string} controlUrl
 * @returns {Promise<RuntimeResult>}
 */
export async function runProgram({ name, file, args }, platform, controlUrl) {
  if (!existsSync(file)) return { runtime: name, results: [], missing: 'not for this system' };
  const { output: said } = await capture(file, ['--version']);
  const runtime = `${name} ${/\d+(\.\d+)+/.exec(said)?.[0] ?? ''}`;
  const home = mkdtempSync(join(tmpdir(), 'skaha-runtime-'));
  try {
    const { url, ca, token, certificate } = platform;
    const connections = { token: { url, ca, token }, certificate: { url, ca, certificate } };
    const settings = join(home, 'settings.json');
    writeFileSync(settings, JSON.stringify({ connections, control: controlUrl }), { mode: 0o600 });
    const env = { PATH: process.env['PATH'], HOME: home, DENO_NO_UPDATE_CHECK: '1' };
    const words = [...args, join(suite, 'program.mjs'), settings];
    const { output } = await capture(file, words, { cwd: folder, env });
    const last = output.trimEnd().split('\n').pop() ?? '';
    if (!last.startsWith('[')) return { runtime, results: [], broken: output };
    return { runtime, results: JSON.parse(last) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * The value of the cookie that the platform's login service gives its main user.
 *
 * @param {import('skaha-platform').Platform} platform
 * @returns {Promise<string>}
 */
function logIn({ url, ca, user, passwordFile }) {
  const password = passwordFile === undefined ? '' : readFileSync(passwordFile, 'utf8').trim();
  const options = {
    method: 'POST',
    ca: readFileSync(ca),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
  return new Promise((resolve, reject) => {
    const login = request(new URL('/ac/login', url), options, (reply) => {
      const cookie = /CADC_SSO="?([^";]+)/.exec((reply.headers['set-cookie'] ?? []).join())?.[1];
      reply.resume();
      if (cookie === undefined) reject(new Error(`the login service answered ${reply.statusCode}`));
      else resolve(cookie);
    });
    login.on('error', reject);
    login.end(new URLSearchParams({ username: user, password }).toString());
  });
}

/** The page and the library, as a browser loads them. */
async function bundlePage() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(suite, 'page.mjs')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/**
 * Serves the page, and the platform under the same origin.
 *
 * @param {import('skaha-platform').Platform} platform
 */
async function servePage(platform) {
  const script = await bundlePage();
  const ca = readFileSync(platform.ca);
  const server = createServer((incoming, reply) => {
    if (incoming.url === '/')
      return reply
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>skaha</title><script type="module" src="/page.js"></script>');
    if (incoming.url === '/page.js')
      return reply.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    if (incoming.url === '/control') return void control(platform, incoming, reply);
    if (!/^\/(?:skaha|arc)\b/.test(incoming.url ?? '')) return reply.writeHead(404).end();
    const { method, headers } = incoming;
    const { host: _, ...passed } = headers;
    const target = new URL(incoming.url ?? '/', platform.url);
    const onward = request(target, { method: method ?? 'GET', headers: passed, ca }, (answer) => {
      // What the storage service calls its own addresses must be what the page may ask.
      if (incoming.url?.startsWith('/arc/capabilities')) {
        const { 'content-length': _length, ...rest } = answer.headers;
        reply.writeHead(answer.statusCode ?? 502, rest);
        answer.setEncoding('utf8').on('data', (text) => {
          reply.write(text.replaceAll(new URL(platform.url).origin, addressOf(server)));
        });
        answer.on('end', () => reply.end());
        return;
      }
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    onward.on('error', () => reply.destroy());
    reply.on('close', () => onward.destroy());
    return incoming.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return { server, origin: addressOf(server) };
}

/**
 * @param {import('skaha-platform').Platform} platform
 * @returns {Promise<RuntimeResult>}
 */
export async function runBrowser(platform) {
  const executablePath = browsers.find((path) => existsSync(path));
  if (executablePath === undefined)
    return { runtime: 'Chromium', results: [], missing: 'not installed' };
  const { chromium } = await import('playwright-core');
  const { server, origin } = await servePage(platform);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(origin);
    await page.waitForFunction('globalThis.runInPage !== undefined');
    /** @param {object} options */
    const run = (options) =>
      page
        .evaluate(`globalThis.runInPage(${JSON.stringify(options)})`)
        .then((results) => /** @type {CaseResult[]} */ (results));
    const withToken = await run({ credential: 'token', token: platform.token });
    const value = await logIn(platform);
    await context.addCookies([
      { name: 'CADC_SSO', value, url: origin, httpOnly: true, sameSite: 'Strict' },
    ]);
    const withCookie = await run({ credential: 'cookie' });
    return { runtime: `Chromium ${browser.version()}`, results: [...withToken, ...withCookie] };
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
