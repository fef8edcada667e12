import type { ServerResponse } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WrittenEntries } from './entries.js';

/** What the API says about its own software. */
export const serverName = 'OpenCADC/cadc-rest';

/** Something long, as far as it went when it was asked for: it may grow while it is sent. */
export interface Part {
  /** Bytes; undefined when nobody knows before all of it was read. */
  readonly size: number | undefined;
  /** Reads it, or the bytes from `start` up to, not including, `end`. */
  stream(range?: { readonly start: number; readonly end?: number | undefined }): Readable;
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
  /** A JSON array to send instead of `body`. */
  readonly entries?: WrittenEntries | undefined;
  /** Sent instead of `body`, one after another. */
  readonly parts?: readonly Part[] | undefined;
  /** Sent if `parts` cannot be read, and nothing of them has been sent yet. */
  readonly unreadable?: Reply | undefined;
  /** Sent instead of `body`. */
  readonly bytes?: Buffer | undefined;
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

/** The same of an array whose entries are written already. */
export const written = (entries: WrittenEntries): Reply =>
  entries.isEmpty ? pretty([]) : { ...jsonText(''), entries };

/** The caller has what it would be sent. */
export const notModified = (etag: string): Reply => reply(304, '', { etag });

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

/** The container's own page for a method that it refuses. */
export const notAllowedPage = (): Reply => containerPage(405, 'Method Not Allowed');

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

/** How much all of it is; undefined when nobody knows yet. */
const sizeOf = (parts: readonly Part[]): number | undefined =>
  parts.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );

/**
 * A reply of parts, or what a request asks for of the whole that they make (RFC 9110, 14). Where
 * several ranges are asked for, or one that cannot be understood, and where nobody knows the size of
 * the whole, the whole is sent, as the standard allows.
 *
 * @param parts - of which the reply is made
 * @param range - the header of the request
 */
export function partsReply(parts: readonly Part[], range: string | undefined): Reply {
  const total = sizeOf(parts);
  if (total === undefined) return { ...text(''), parts };
  const offered = withHeaders(text(''), { 'accept-ranges': 'bytes' });
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range?.trim() ?? '') ?? [];
  if (first === '' && last === '') return { ...offered, parts };
  const start = first === '' ? Math.max(0, total - Number(last)) : Number(first);
  const end = first === '' || last === '' ? total : Math.min(total, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < start) return { ...offered, parts };
  if (start >= total) {
    const refused = text('the log has no such part\n', 416);
    return withHeaders(refused, { 'content-range': `bytes */${total}`, 'accept-ranges': 'bytes' });
  }
  const headers = { ...offered.headers, 'content-range': `bytes ${start}-${end - 1}/${total}` };
  return { ...offered, status: 206, headers, parts: cut(parts, start, end) };
}

/** What lies between two places of the whole that parts of known size make. */
function cut(parts: readonly Part[], start: number, end: number): Part[] {
  let before = 0;
  return parts.map((part) => {
    const size = part.size ?? 0;
    const from = Math.min(size, Math.max(0, start - before));
    const to = Math.min(size, Math.max(from, end - before));
    before += size;
    return { size: to - from, stream: () => part.stream({ start: from, end: to }) };
  });
}

/** How a reply is sent. */
export interface SendOptions {
  /** Headers only. */
  readonly head: boolean;
  /** The connection breaks in the middle of the body. */
  readonly cut?: boolean | undefined;
  /** What the header `Date` says, in milliseconds since the epoch; the machine's time by default. */
  readonly date?: number | undefined;
  /** Waited for when all of the reply is on its way, before its connection may be closed. */
  readonly beforeEnd?: (() => Promise<unknown>) | undefined;
}

/** Sends a reply; a client that went away is no error. */
export async function send(
  response: ServerResponse,
  message: Reply,
  { head, cut = false, date, beforeEnd }: SendOptions,
): Promise<void> {
  const { content } = message;
  const parts = message.parts?.filter(({ size }) => size !== 0) ?? [];
  const length =
    message.parts === undefined
      ? (message.entries?.bytes ?? message.bytes?.length ?? Buffer.byteLength(message.body))
      : sizeOf(parts);
  response.statusCode = message.status;
  for (const [name, value] of Object.entries(message.headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (date !== undefined) response.setHeader('date', new Date(date).toUTCString());
  if (content !== undefined && !head) {
    await sendContent(response, content, cut);
    return await end(response, beforeEnd);
  }
  // What has no content has no length either; what was not made for its headers alone says its own.
  const isSaid = [204, 304].includes(message.status) || response.hasHeader('content-length');
  if (length !== undefined && !isSaid) {
    response.setHeader('content-length', cut ? length + 1 : length);
  }
  if (cut) {
    const body = message.bytes ?? Buffer.from(message.entries?.text ?? message.body);
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
    return;
  }
  if (head || (parts.length === 0 && message.entries === undefined)) {
    return await end(response, beforeEnd, head ? undefined : (message.bytes ?? message.body));
  }
  try {
    await message.entries?.send(response);
    for (const part of parts) {
      // No more than was promised.
      const range = part.size === undefined ? undefined : { start: 0, end: part.size };
      await pipeline(part.stream(range), response, { end: false });
    }
    await end(response, beforeEnd);
  } catch {
    const { unreadable } = message;
    if (unreadable === undefined || response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    for (const name of ['accept-ranges', 'content-length', 'content-range']) {
      response.removeHeader(name);
    }
    await send(response, unreadable, { head, date, beforeEnd });
  }
}

async function end(
  response: ServerResponse,
  beforeEnd: SendOptions['beforeEnd'],
  rest: Buffer | string = '',
): Promise<void> {
  if (beforeEnd === undefined || response.destroyed) {
    response.end(rest);
    return;
  }
  response.flushHeaders();
  if (rest.length > 0) response.write(rest);
  await beforeEnd();
  response.end();
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
    await pipeline(stream, counted, response, { end: false });
  } catch {
    response.destroy();
  }
}
