import type { IncomingMessage } from 'node:http';

/** How much of a body that nobody wants is read nevertheless. */
export interface UnreadBounds {
  /** All of it, in milliseconds. @defaultValue 30 seconds */
  readonly milliseconds?: number | undefined;
  /** Without anything coming, in milliseconds. @defaultValue 5 seconds */
  readonly silenceMs?: number | undefined;
  /** @defaultValue 1 GiB */
  readonly bytes?: number | undefined;
}

/**
 * Reads what is left of a body and throws it away, within bounds. A connection that is closed before
 * what was sent on it has been read is reset, and many clients read a reply only after they have sent
 * everything: they would learn of a broken connection instead of why they were refused (RFC 9112, 9.6).
 *
 * @param request - whose reply has been sent, but not ended
 * @returns true when all of it came
 */
export async function readAway(
  request: IncomingMessage,
  { milliseconds = 30_000, silenceMs = 5_000, bytes = 2 ** 30 }: UnreadBounds = {},
): Promise<boolean> {
  if (request.complete || request.destroyed) {
    request.resume();
    return request.complete;
  }
  await new Promise<void>((resolve) => {
    let left = bytes;
    const end = () => {
      clearTimeout(most);
      clearTimeout(silence);
      request.off('data', onData).off('end', end).off('close', end).off('error', end);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) end();
      else silence.refresh();
    };
    const most = setTimeout(end, milliseconds);
    const silence = setTimeout(end, Math.min(silenceMs, milliseconds));
    request.on('data', onData).on('end', end).on('close', end).on('error', end);
    request.resume();
  });
  return request.complete;
}

/**
 * Reads a body to its end, unless it is too long.
 *
 * @param mostBytes - how long it may be
 * @param tooLong - the error for one that is longer
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  mostBytes: number,
  tooLong: () => Error,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > mostBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
