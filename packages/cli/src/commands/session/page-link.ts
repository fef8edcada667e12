import type { SkahaClient } from 'skaha';
import { isSkahaError } from 'skaha';
import { isLoopback } from 'skaha/internal/utils/server-url.js';

/** What opens a session in a browser. */
export interface PageLink {
  url: string;
  /** Seconds in which a link must be opened that works once; undefined for an address that stays. */
  seconds: number | undefined;
}

interface Link {
  url: string;
  expires_in: number;
}

const isLink = (value: unknown): value is Link =>
  typeof value === 'object' &&
  value !== null &&
  'url' in value &&
  typeof value.url === 'string' &&
  'expires_in' in value &&
  typeof value.expires_in === 'number' &&
  // It will be opened in a browser, with what it opens in it.
  URL.canParse(value.url) &&
  new URL(value.url).protocol === 'http:' &&
  isLoopback(value.url);

/**
 * A link that opens the page of a session once, without a certificate that browsers do not know: the
 * platform of this machine makes one for the owner. Other servers are not asked.
 *
 * @param client - of the session's server
 * @param session - its id, and its address, which is the answer where there are no such links
 * @param signal - ends the request
 */
export async function pageLink(
  client: SkahaClient,
  { id, url }: { id: string; url: string },
  signal: AbortSignal,
): Promise<PageLink> {
  const lasting = { url, seconds: undefined };
  if (!isLoopback(url)) return lasting;
  try {
    const form = [['id', id]] as const;
    const path = ['page-links'];
    const reply = await client.request({ method: 'POST', base: 'root', path, form, signal });
    const link: unknown = JSON.parse(reply.text());
    return isLink(link) ? { url: link.url, seconds: link.expires_in } : lasting;
  } catch (error) {
    // An older platform, or another server on this machine.
    if (error instanceof SyntaxError) return lasting;
    if (isSkahaError(error) && (error.status === 404 || error.status === 405)) return lasting;
    throw error;
  }
}

/** How long a link can be used, and by whom. */
export const linkWords = (seconds: number): string =>
  `It works once, within ${seconds} seconds, in a browser of this machine, which then stays logged in to the page.`;

/** What will be seen. */
export const openedWords = (id: string, { url, seconds }: PageLink): string =>
  `Opening session ${id} in the browser.${seconds === undefined ? '' : ` Its page is at ${new URL(url).origin}, on this machine only.`}`;
