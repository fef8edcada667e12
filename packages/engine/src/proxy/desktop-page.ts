import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The folder of the viewer's modules, which browsers load one by one. */
const viewerFolder = () => dirname(dirname(require.resolve('@novnc/novnc')));

const modulePath = /^\/novnc\/((?:core|vendor)\/(?:[a-z0-9_-]+\/)*[a-z0-9_-]+\.js)$/;

const style = `
html, body { margin: 0; height: 100%; background: #10171f; color: #e6ebf1; font: 15px/1.5 system-ui, sans-serif; }
#screen { position: fixed; inset: 0; }
#status { position: fixed; left: 50%; top: 1rem; transform: translateX(-50%); margin: 0; padding: .5rem 1rem;
  border-radius: 8px; background: rgb(24 32 42 / 92%); box-shadow: 0 2px 12px rgb(0 0 0 / 40%); }
#status:empty { display: none; }
#status button { margin-left: .75rem; padding: .25rem .75rem; border: 1px solid #6cabf5; border-radius: 6px;
  background: transparent; color: inherit; font: inherit; cursor: pointer; }
#status button:focus-visible, #apps :focus-visible { outline: 2px solid #6cabf5; outline-offset: 2px; }
#apps { position: fixed; left: .75rem; bottom: .75rem; border-radius: 8px; background: rgb(24 32 42 / 92%);
  box-shadow: 0 2px 12px rgb(0 0 0 / 40%); }
#apps summary { padding: .35rem .9rem; cursor: pointer; list-style: none; border-radius: 8px; }
#apps summary::before { content: '+ '; color: #6cabf5; }
#apps ul { margin: 0; padding: 0 .5rem .5rem; list-style: none; }
#apps button { width: 100%; padding: .35rem .6rem; border: 0; border-radius: 6px; background: transparent; color: inherit;
  font: inherit; text-align: left; cursor: pointer; }
#apps button:hover { background: rgb(108 171 245 / 20%); }
#apps li { padding: .2rem 0; }
`;

const script = `
import RFB from './novnc/core/rfb.js';

const status = document.getElementById('status');
const wanted = new URLSearchParams(location.search);
// The path of the WebSocket on this host, in the parameter that other viewers use.
const path = wanted.get('path') ?? location.pathname.slice(1);
const say = (text) => status.replaceChildren(text);
let tries = 0;

function connect() {
  say(tries === 0 ? 'Connecting to the desktop …' : 'Connecting again …');
  const rfb = new RFB(document.getElementById('screen'), location.protocol.replace('http', 'ws') + '//' + location.host + '/' + path, {
    credentials: { password: wanted.get('password') ?? '' },
    wsProtocols: ['binary'],
  });
  rfb.scaleViewport = true;
  rfb.resizeSession = true;
  rfb.background = '#10171f';
  rfb.addEventListener('connect', () => { tries = 0; say(''); rfb.focus(); });
  rfb.addEventListener('desktopname', (event) => { document.title = event.detail.name + ' – desktop'; });
  rfb.addEventListener('clipboard', (event) => { navigator.clipboard?.writeText(event.detail.text).catch(() => {}); });
  rfb.addEventListener('disconnect', () => {
    tries += 1;
    if (tries <= 5) { say('The connection was lost. Connecting again …'); setTimeout(connect, 1000 * tries); return; }
    const again = document.createElement('button');
    again.textContent = 'Try again';
    again.addEventListener('click', () => { tries = 0; connect(); });
    say('The desktop does not answer. It may have ended.');
    status.append(again);
  });
}

const apps = document.getElementById('apps');
const list = apps.querySelector('ul');

async function start(image) {
  apps.open = false;
  say('Starting ' + nameOf(image) + ' …');
  const answer = await fetch('./apps', { method: 'POST', body: new URLSearchParams({ image }) }).catch(() => undefined);
  const refused = answer?.ok === false ? (await answer.text()).trim() : '';
  if (answer?.ok) await follow((await answer.text()).trim(), nameOf(image));
  else say('The app could not be started. ' + refused);
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Shows what an app waits for, until it runs or has failed. */
async function follow(id, name) {
  for (;;) {
    const answer = await fetch('./apps?id=' + encodeURIComponent(id)).catch(() => undefined);
    const { status, reason } = answer?.ok ? await answer.json() : {};
    if (status === undefined) return say('');
    if (status === 'Pending') say(name + (reason ? ' waits: ' + reason : ' waits for the platform …'));
    else if (status === 'Failed') return say(name + ' could not be started: ' + (reason || 'see its events'));
    else { say(name + ' is started.'); await pause(3000); return say(''); }
    await pause(1000);
  }
}

const nameOf = (image) => image.split('/').at(-1);

apps.addEventListener('toggle', async () => {
  if (!apps.open) return;
  const images = await fetch('./apps').then((answer) => answer.json()).catch(() => []);
  list.replaceChildren(...images.map((image) => {
    const entry = document.createElement('li');
    const button = document.createElement('button');
    button.textContent = nameOf(image);
    button.title = image;
    button.addEventListener('click', () => start(image));
    entry.append(button);
    return entry;
  }));
  if (images.length === 0) list.textContent = 'This platform offers no apps.';
});

connect();
`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Desktop</title>
<style>${style}</style>
</head>
<body>
<div id="screen"></div>
<details id="apps"><summary>Start an app</summary><ul></ul></details>
<p id="status" role="status">Connecting to the desktop …</p>
<script type="module" src="./viewer.js"></script>
</body>
</html>
`;

const styleHash = createHash('sha256').update(style).digest('base64');

const security = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'sha256-${styleHash}'`,
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Serves what a desktop shows in a browser: its page, and the viewer.
 *
 * @param path - the rest of the path after the address of the session, with its slash
 * @returns false if there is no such file
 */
export function answerDesktop(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  const file = modulePath.exec(path)?.[1];
  const text = path === '/' ? page : path === '/viewer.js' ? script : undefined;
  if (text === undefined && file === undefined) return false;
  const type = path === '/' ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8';
  const cache = file === undefined ? 'no-store' : 'private, max-age=3600';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return true;
  }
  const headers = { ...security, 'content-type': type, 'cache-control': cache };
  if (file === undefined || request.method === 'HEAD') {
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : text);
    return true;
  }
  createReadStream(join(viewerFolder(), file))
    .once('open', () => response.writeHead(200, headers))
    .once('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(404).end();
    })
    .pipe(response);
  return true;
}
