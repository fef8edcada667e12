/** Requests cannot be streamed over HTTP/1.1: the browser keeps the whole, on disk when it is large. */
const wholeBody = async (body: RequestInit['body']): Promise<RequestInit['body']> =>
  body instanceof ReadableStream ? await new Response(body).blob() : (body ?? null);

/** A redirect, which a browser hides from its page, put together again. */
function unhidden(response: Response): Response {
  const status = Number(response.headers.get('x-skaha-status') ?? 0);
  if (status === 0) return response;
  const headers = new Headers(response.headers);
  const location = headers.get('x-skaha-location');
  if (location !== null) headers.set('location', location);
  return new Response(response.body, { status, headers });
}

/**
 * Sends requests to where the page comes from, with what shows that they are the page's.
 *
 * @param key - which the page keeps
 * @param onLoggedOut - called when it opens nothing any more
 */
export const createSend =
  (key: () => string, onLoggedOut: () => void): typeof fetch =>
  async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('x-skaha-dashboard', key());
    const { duplex: _, ...rest } = init as RequestInit & { duplex?: string };
    const body = (await wholeBody(init.body)) ?? null;
    const credentials = 'same-origin';
    const response = await fetch(input, { ...rest, body, headers, credentials });
    const isOwn = response.headers.get('vary') === 'x-skaha-dashboard';
    if (response.status === 401 && isOwn) onLoggedOut();
    return unhidden(response);
  };
