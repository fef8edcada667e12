// @ts-check
// Serves a built site on the loopback address, as any web server would.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @type {Readonly<Record<string, string>>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/**
 * @param {string} directory - the site
 * @param {number} port - 0 for any
 * @returns {Promise<{address: string, close: () => Promise<void>}>}
 */
export function serveSite(directory, port) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const path = normalize(decodeURIComponent(pathname));
    const file = join(directory, path.endsWith('/') ? `${path}index.html` : path);
    if (!file.startsWith(directory) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n');
      return;
    }
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const found = server.address();
      const bound = typeof found === 'object' && found !== null ? found.port : port;
      const close = () =>
        new Promise((/** @type {(value: void) => void} */ done) => {
          server.closeAllConnections();
          server.close(() => done());
        });
      resolve({ address: `http://127.0.0.1:${bound}`, close });
    });
  });
}
