import type { IncomingMessage } from 'node:http';

/** Why a body was not read. */
export class BodyError extends Error {
  /** 413 if it is too large, 408 if it arrives too slowly, 400 if it breaks off. */
  readonly status: 400 | 408 | 413;

  constructor(status: 400 | 408 | 413, message: string) {
    super(message);
    this.status = status;
  }
}

/** How long a body of the API or of an identity service may take to arrive, in milliseconds. */
export const bodyMs = 30_000;

/** Limits of a body. */
export interface BodyBounds {
  readonly bytes: number;
  /** @default {@link bodyMs} */
  readonly milliseconds?: number | undefined;
}

/**
 * Reads a whole body. One that is too large, too slow or incomplete is given up at once; the error
 * reply closes the connection, because the rest is not read.
 *
 * @throws {BodyError}
 */
export async function receive(
  request: IncomingMessage,
  { bytes, milliseconds = bodyMs }: BodyBounds,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const tooLarge = () => new BodyError(413, 'The request is too large');
  if (Number(request.headers['content-length'] ?? 0) > bytes) throw tooLarge();
  if (request.readableEnded) return;
  await new Promise<void>((resolve, reject) => {
    let size = 0;
    const end = (error?: BodyError) => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      if (error === undefined) return resolve();
      // Anything else that arrives is discarded until the reply has closed the connection.
      request.resume();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytes) end(tooLarge());
      else take(chunk);
    };
    const onEnd = () => end();
    const onBroken = () => end(new BodyError(400, 'The request was cut off'));
    const timer = setTimeout(
      () => end(new BodyError(408, 'The request took too long to arrive')),
      milliseconds,
    );
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  });
}

/** The whole body. @throws {BodyError} */
export async function readBody(request: IncomingMessage, bounds: BodyBounds): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await receive(request, bounds, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks);
}
