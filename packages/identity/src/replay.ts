import { IncomingMessage } from 'node:http';

/** What is different in a request that is played again. */
export interface Changes {
  readonly body?: Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The same request on the same connection, with another body or other headers: for a library that
 * reads requests itself.
 *
 * @param request - its body must not have been read, unless `body` is given
 */
export function replay(request: IncomingMessage, { body, headers }: Changes): IncomingMessage {
  const again = new IncomingMessage(request.socket);
  again.method = request.method;
  again.url = request.url;
  again.httpVersion = request.httpVersion;
  again.httpVersionMajor = request.httpVersionMajor;
  again.httpVersionMinor = request.httpVersionMinor;
  again.headers = { ...request.headers, ...headers };
  again.rawHeaders = request.rawHeaders;
  if (body !== undefined) {
    delete again.headers['transfer-encoding'];
    again.headers['content-length'] = String(body.length);
    if (body.length > 0) again.push(body);
    again.push(null);
    // Else the end of this body would be taken for a broken connection, and close it.
    again.complete = true;
  }
  return again;
}
