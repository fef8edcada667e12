import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

// A contributed session that shows the user's home in a browser, read-only. The platform passes its
// socket in skaha_socket, or its port in PORT, and admits only the owner of the session.

const types: Readonly<Record<string, string>> = {
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.log': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

const entities: Readonly<Record<string, string>> = {
  '"': '&quot;',
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
};
const escapeText = (text: string) => text.replace(/["&'<>]/g, (found) => entities[found] ?? found);

const root = await realpath(process.env['HOME'] ?? '.');

// Files of the user are shown but not trusted: they must not run or load anything.
const caution = {
  'content-security-policy':
    "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
};

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...caution, 'content-type': type });
  response.end(body);
}

async function listing(path: string, title: string): Promise<string> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries
    .filter(({ name }) => !name.startsWith('.'))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort();
  const rows = names.map(
    (name) =>
      `<li><a href="./${name.split('/').map(encodeURIComponent).join('/')}">${escapeText(name)}</a></li>`,
  );
  const style =
    'body{font:16px/1.6 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}';
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeText(title)}</title>` +
    `<style>${style}</style><h1>${escapeText(title)}</h1>` +
    `<ul>${title === 'home' ? '' : '<li><a href="../">..</a></li>'}${rows.join('')}</ul></html>`
  );
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const plain = 'text/plain; charset=utf-8';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    reply(response, 405, plain, 'read-only\n');
    return;
  }
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const wanted = decodeURIComponent(pathname);
  const path = await realpath(join(root, wanted)).catch(() => undefined);
  // Links and paths that lead outside the home are treated as missing.
  if (path === undefined || (path !== root && !path.startsWith(root + sep))) {
    reply(response, 404, plain, 'not found\n');
    return;
  }
  const found = await stat(path);
  if (!found.isDirectory()) {
    const type = types[extname(path).toLowerCase()] ?? 'application/octet-stream';
    response.writeHead(200, { ...caution, 'content-type': type, 'content-length': found.size });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(path)
        .on('error', () => response.destroy())
        .pipe(response);
  } else if (!pathname.endsWith('/')) {
    response.writeHead(302, { location: `./${pathname.split('/').at(-1)}/` });
    response.end();
  } else {
    const title = path === root ? 'home' : path.slice(root.length + 1);
    reply(response, 200, 'text/html; charset=utf-8', await listing(path, title));
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
const socket = process.env['skaha_socket'];
if (socket === undefined) server.listen(Number(process.env['PORT']), '127.0.0.1');
else server.listen(socket);
