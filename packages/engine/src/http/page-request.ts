import type { IncomingMessage } from 'node:http';
import { pageSegments } from '../kinds/pages.js';
import { withoutGrant } from '../vospace/preauth.js';

const pattern = new RegExp(
  `^/session/(${pageSegments.join('|')})/([^/?#]*)(/[^?#]*)?(?:\\?([^#]*))?`,
);

/**
 * The path at which the owner of a session requests a link, below the root of the API. The real
 * server does not have it.
 */
export const pageLinksPath = '/skaha/page-links';

/** The name of the cookie that opens one page. */
export const pageCookie = 'skaha_session';

/** Cookies of the platform itself: sessions neither receive nor set them. */
const ownCookie =
  /^(?:skaha_session|skaha_dashboard_\d+|CADC_SSO|_(?:session|interaction|grant|resume).*)$/i;

/** Whether a cookie is one of the platform. */
export const isOwnCookie = (name: string): boolean => ownCookie.test(name);

/** A request for a page, or something below it, as parsed from its address. */
export interface PageRequest {
  readonly segment: string;
  readonly id: string;
  /** The common beginning of all addresses of this page; ends with a slash. */
  readonly base: string;
  /** The path after the id, with its slash; undefined if there is none. */
  readonly rest: string | undefined;
  /** The query with its question mark; may be empty. */
  readonly search: string;
}

/** Whether an address is below those of pages. */
export const isPageAddress = (url: string): boolean => pattern.test(url);

/**
 * Parses an address as it was sent. It is not normalised, so that the session sees the same address
 * that was checked here.
 */
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

/** An address without secrets and signatures, so that it may be logged. */
export const withoutSecrets = (url: string): string =>
  isPageAddress(url) ? url.replace(/([?&](?:token|password)=)[^&#]*/g, '$1…') : withoutGrant(url);

/** The cookies of a request, in order. */
export function cookiesOf(request: IncomingMessage): [string, string][] {
  return (request.headers.cookie ?? '').split(';').map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name, value.join('=')];
  });
}
