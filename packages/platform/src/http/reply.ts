import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** A reply, before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
  /** Bytes of a file to send instead of `body`. */
  readonly file?: { readonly path: string; readonly size: number } | undefined;
}

const reply = (
  status: number,
  body: string,
  headers: Record<string, string | readonly string[]>,
): Reply => ({ status, headers, body });

/** Plain text, sent as it is. */
export const text = (body: string, status = 200): Reply =>
  reply(status, body, { 'content-type': 'text/plain' });

/** An error the server handled: its message and one line feed (Skaha API, bodies). */
export const handled = (status: number, message: string): Reply => text(`${message}\n`, status);

/** JSON with two-space indents and no line feed at its end. */
export const pretty = (value: unknown): Reply =>
  reply(200, JSON.stringify(value, null, 2), { 'content-type': 'application/json' });

/** JSON on one line. */
export const compact = (value: unknown): Reply =>
  reply(200, JSON.stringify(value), { 'content-type': 'application/json' });

/** JSON text that is written already. */
export const jsonText = (body: string): Reply =>
  reply(200, body, { 'content-type': 'application/json' });

/** Nothing, without a content type. */
export const empty = (status = 200): Reply => reply(status, '', {});

/** An XML document. */
export const xml = (body: string): Reply => reply(200, body, { 'content-type': 'text/xml' });

/** The container's own page for an unknown path. */
export const notFoundPage = (): Reply =>
  reply(
    404,
    '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body><h1>HTTP Status 404 – Not Found</h1></body></html>',
    { 'content-type': 'text/html;charset=utf-8' },
  );

/** A method without a handler, refused before credentials are read (Skaha API). */
export const methodNotAllowed = (method: string, allow: readonly string[]): Reply =>
  reply(405, `unsupported: HTTP ${method}\n`, {
    'content-type': 'text/plain',
    allow: allow.join(', '),
  });

/** 503 replaces every message by the path after the endpoint's name, or `null` (Skaha API). */
export const unavailable = (path: string | undefined, retryAfterSeconds = 30): Reply =>
  reply(503, `temporarily unavailable: ${path ?? 'null'}\n`, {
    'content-type': 'text/plain',
    'retry-after': String(retryAfterSeconds),
  });

/** The same reply with more headers. */
export const withHeaders = (
  base: Reply,
  headers: Readonly<Record<string, string | readonly string[]>>,
): Reply => ({ ...base, headers: { ...base.headers, ...headers } });

/** Sends a reply; a client that went away is no error. */
export async function send(response: ServerResponse, message: Reply, head: boolean): Promise<void> {
  const length = message.file?.size ?? Buffer.byteLength(message.body);
  response.statusCode = message.status;
  for (const [name, value] of Object.entries(message.headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  response.setHeader('content-length', length);
  if (head || message.file === undefined || length === 0) {
    response.end(head ? undefined : message.body);
    return;
  }
  try {
    await pipeline(createReadStream(message.file.path, { end: length - 1 }), response);
  } catch {
    response.destroy();
  }
}
