import type { IncomingMessage } from 'node:http';
import { pageSegments } from '../kinds/pages.js';
import { withoutGrant } from '../vospace/preauth.js';

const pattern = new RegExp(
  `^/session/(${pageSegments.join('|')})/([^/?#]*)(/[^?#]*)?(?:\\?([^#]*))?`,
);

/** Where the owner of a session asks for a link, below the root of the API. No real server has it. */
export const pageLinksPath = '/skaha/page-links';

/** The name of the cookie that opens one page. */
export const pageCookie = 'skaha_session';

/** Cookies of the platform itself: none reaches a session, and no session can set one. */
const ownCookie =
  /^(?:skaha_session|skaha_dashboard_\d+|CADC_SSO|_(?:session|interaction|grant|resume).*)$/i;

/** True for the name of a cookie of the platform. */
export const isOwnCookie = (name: string): boolean => ownCookie.test(name);

/** A request for something in a page, as its address says. */
export interface PageRequest {
  readonly segment: string;
  readonly id: string;
  /** What all addresses of this page begin with; ends in a slash. */
  readonly base: string;
  /** What comes after the id, from its slash on; undefined without one. */
  readonly rest: string | undefined;
  /** Query with its question mark, or empty. */
  readonly search: string;
}

/** True for an address below those of pages. */
export const isPageAddress = (url: string): boolean => pattern.test(url);

/** Reads an address as it was sent: nothing in it is resolved, so that nobody reads it otherwise. */
export function readPageRequest(url: string): PageRequest | undefined {
  const [, segment, id, rest, query = ''] = pattern.exec(url) ?? [];
  if (segment === undefined || id === undefined) return undefined;
  return {
    segment,
    id,
    base: `/session/${segment}/${id}/`,
    rest,
    search: query === '' ? '' : `?${query}`,
  };
}

/** An address as it may be kept: without what opens the page, or signs it. */
export const withoutSecrets = (url: string): string =>
  isPageAddress(url) ? url.replace(/([?&](?:token|password)=)[^&#]*/g, '$1…') : withoutGrant(url);

/** The cookies of a request, in order. */
export function cookiesOf(request: IncomingMessage): [string, string][] {
  return (request.headers.cookie ?? '').split(';').map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name, value.join('=')];
  });
}
