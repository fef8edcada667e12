import type { ServerResponse } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WrittenEntries } from './entries.js';

/** The software of the API, as it describes itself. */
export const serverName = 'OpenCADC/cadc-rest';

/** A long content with the size that it had when it was requested; it may grow while it is sent. */
export interface Part {
  /** Size in bytes; undefined if that is only known after reading everything. */
  readonly size: number | undefined;
  /** Reads it, or the bytes from `start` to `end`, exclusive. */
  stream(range?: { readonly start: number; readonly end?: number | undefined }): Readable;
}

/** Content that is sent as it becomes available. */
export interface Content {
  /** Size in bytes; undefined if unknown. */
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
  /** Sent if `parts` cannot be read and nothing has been sent yet. */
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

/** JSON with an indentation of two spaces, without a line feed at its end. */
export const pretty = (value: unknown): Reply =>
  reply(200, JSON.stringify(value, null, 2), { 'content-type': 'application/json' });

/** The same for an array of serialised entries. */
export const written = (entries: WrittenEntries): Reply =>
  entries.isEmpty ? pretty([]) : { ...jsonText(''), entries };

/** The caller already has the content. */
export const notModified = (etag: string): Reply => reply(304, '', { etag });

/** JSON on one line. */
export const compact = (value: unknown): Reply =>
  reply(200, JSON.stringify(value), { 'content-type': 'application/json' });

/** JSON that is serialised already. */
export const jsonText = (body: string): Reply =>
  reply(200, body, { 'content-type': 'application/json' });

/** An empty reply, without a content type. */
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

/** The page of the real server's container for an unknown path. */
export const notFoundPage = (): Reply => containerPage(404, 'Not Found');

/** The container's page for a method that it refuses. */
export const notAllowedPage = (): Reply => containerPage(405, 'Method Not Allowed');

/** The container's page for an unknown method. */
export const notImplementedPage = (): Reply => containerPage(501, 'Not Implemented');

/** Refuses a method without a handler, before credentials are read (Skaha API). */
export const methodNotAllowed = (method: string, allow: readonly string[]): Reply =>
  reply(405, `unsupported: HTTP ${method}\n`, {
    'content-type': 'text/plain',
    allow: allow.join(', '),
  });

/**
 * The reply with status 503, in which the path after the endpoint's name, or `null`, replaces the
 * message (Skaha API).
 */
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

/** The total size; undefined if unknown. */
const sizeOf = (parts: readonly Part[]): number | undefined =>
  parts.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );

/**
 * A reply that consists of parts, or the requested range of it (RFC 9110, 14). The whole is sent if
 * several ranges or an invalid one are requested, or its size is unknown, as the standard allows.
 *
 * @param parts - the parts of the reply
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

/** The range between two offsets of parts with known sizes. */
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
  /** Whether to break the connection in the middle of the body. */
  readonly cut?: boolean | undefined;
  /** The time in the header `Date`, in milliseconds since the epoch; now by default. */
  readonly date?: number | undefined;
  /** Awaited after the whole reply has been written, before its connection may be closed. */
  readonly beforeEnd?: (() => Promise<unknown>) | undefined;
}

/** Sends a reply; it is no error if the client disconnects. */
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
  // A reply without content has no length; one to HEAD may have set its own.
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
      // No more than announced.
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
    // Less than announced: the file became shorter while it was sent.
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
