import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * What the page may do: load its own files, and talk to where it comes from. Nothing inline, no
 * other host, no frame around it.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types skaha',
  "worker-src 'self'",
].join('; ');

/** What every answer of a dashboard carries. */
export const guardHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

interface StaticFile {
  readonly type: string;
  /** Whether its name changes with its content. */
  readonly lasting: boolean;
  readonly plain: Buffer;
  readonly br: Buffer;
  readonly gzip: Buffer;
}

/** Where the built pages are: next to the compiled modules, or where a build from source puts them. */
export function builtFolder(): string | undefined {
  const places = ['./app/', '../dist/app/'];
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return folders.find((folder) => existsSync(join(folder, 'index.html')));
}

/** The files of the dashboard: few and small, so that they are kept in memory once they are asked for. */
export class StaticFiles {
  readonly #folder: string;
  #files: Promise<ReadonlyMap<string, StaticFile>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Answers with a file; false when there is none of that path. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    this.#files ??= load(this.#folder);
    const file = (await this.#files).get(path === '/' ? '/index.html' : path);
    if (file === undefined) return false;
    const accepted = request.headers['accept-encoding'] ?? '';
    const coding = (['br', 'gzip'] as const).find((name) => accepted.includes(name));
    const body = coding === undefined ? file.plain : file[coding];
    response.writeHead(200, {
      ...guardHeaders,
      'content-type': file.type,
      'content-length': body.length,
      'cache-control': file.lasting ? 'private, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(coding === undefined ? {} : { 'content-encoding': coding }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }
}

async function load(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, StaticFile>();
  for (const entry of names) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const plain = await readFile(path);
    const address = `/${path.slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, '')}`;
    const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
    files.set(address, {
      type,
      plain,
      lasting: address.startsWith('/assets/'),
      br: brotliCompressSync(plain, quick),
      gzip: gzipSync(plain),
    });
  }
  return files;
}
