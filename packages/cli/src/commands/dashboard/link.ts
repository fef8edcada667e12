import { isLoopback } from '@skaha/base/server-url.js';
import { isSkahaError, SkahaClient } from 'skaha';

/**
 * Asks a platform of this machine for a link that opens its own dashboard once.
 *
 * @returns undefined where there is none: an older platform, or one without its pages
 */
export async function dashboardLink(
  { url, token, ca }: { url: string; token: string; ca: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const client = new SkahaClient({ url, token, ca });
  try {
    const path = ['dashboard-links'];
    const reply = await client.request({ method: 'POST', base: 'root', path, signal });
    const document: unknown = JSON.parse(reply.text());
    return linkIn(document);
  } catch (error) {
    if (error instanceof SyntaxError || (isSkahaError(error) && !signal.aborted)) return undefined;
    throw error;
  } finally {
    await client.close();
  }
}

function linkIn(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || !('url' in document)) return undefined;
  const { url } = document;
  return typeof url === 'string' && isLoopback(url) ? url : undefined;
}
