import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What the API says of its own software. */
export const serverName = 'OpenCADC/cadc-rest';

/** The first bytes of a file: it may grow while it is sent. */
export interface FilePart {
  readonly path: string;
  readonly size: number;
}

/** What is sent as it becomes ready. */
export interface Content {
  /** Bytes; undefined when nobody knows before it is sent. */
  readonly size: number | undefined;
  readonly stream: Readable;
}

/** A reply, before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
  /** Beginnings of files to send instead of `body`, one after another. */
  readonly files?: readonly FilePart[] | undefined;
  /** Sent instead of `body`. */
  readonly content?: Content | undefined;
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

const containerPage = (status: number, title: string): Reply => {
  const words = `HTTP Status ${status} – ${title}`;
  return reply(
    status,
    `<!doctype html><html lang="en"><head><title>${words}</title></head><body><h1>${words}</h1></body></html>`,
    { 'content-type': 'text/html;charset=utf-8' },
  );
};

/** The container's own page for an unknown path. */
export const notFoundPage = (): Reply => containerPage(404, 'Not Found');

/** The container's own page for a method it does not know. */
export const notImplementedPage = (): Reply => containerPage(501, 'Not Implemented');

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
    server: serverName,
  });

/** The same reply with more headers. */
export const withHeaders = (
  base: Reply,
  headers: Readonly<Record<string, string | readonly string[]>>,
): Reply => ({ ...base, headers: { ...base.headers, ...headers } });

/** How a reply is sent. */
export interface Sending {
  /** Headers only. */
  readonly head: boolean;
  /** The connection breaks in the middle of the body. */
  readonly cut?: boolean | undefined;
  /** What the header `Date` says, in milliseconds since the epoch; the machine's time by default. */
  readonly date?: number | undefined;
}

/** Sends a reply; a client that went away is no error. */
export async function send(
  response: ServerResponse,
  message: Reply,
  { head, cut = false, date }: Sending,
): Promise<void> {
  const { content } = message;
  const files = message.files?.filter(({ size }) => size > 0) ?? [];
  const length = files.reduce((sum, { size }) => sum + size, Buffer.byteLength(message.body));
  response.statusCode = message.status;
  for (const [name, value] of Object.entries(message.headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (date !== undefined) response.setHeader('date', new Date(date).toUTCString());
  if (content !== undefined && !head) return await sendContent(response, content, cut);
  // What has no content has no length either; what was not made for its headers alone says its own.
  if (![204, 304].includes(message.status) && !response.hasHeader('content-length')) {
    response.setHeader('content-length', cut ? length + 1 : length);
  }
  if (cut) {
    const half = message.body.slice(0, Math.floor(message.body.length / 2));
    response.write(half, () => response.destroy());
    return;
  }
  if (head || files.length === 0) {
    response.end(head ? undefined : message.body);
    return;
  }
  try {
    for (const { path, size } of files) {
      await pipeline(createReadStream(path, { end: size - 1 }), response, { end: false });
    }
    response.end();
  } catch {
    response.destroy();
  }
}

async function sendContent(
  response: ServerResponse,
  { size, stream }: Content,
  cut: boolean,
): Promise<void> {
  if (size !== undefined) response.setHeader('content-length', size);
  let sent = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      sent += chunk.length;
      if (cut && sent * 2 >= (size ?? 0)) response.destroy();
      pass(null, chunk);
    },
    // Less came than was promised: the file became shorter while it was sent.
    flush(pass) {
      pass(size !== undefined && sent < size ? new Error('the file became shorter') : null);
    },
  });
  try {
    await pipeline(stream, counted, response);
  } catch {
    response.destroy();
  }
}
