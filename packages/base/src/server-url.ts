import { withoutTrailingSlashes } from './trailing-slashes.js';

/** A server's address, taken apart. */
export interface ServerAddress {
  /** Application root without version or trailing slash. */
  root: string;
  /** The API version at the end of the URL, when there was one. */
  version: string | undefined;
  origin: string;
  /** True for https. */
  secure: boolean;
  /** True when the host is this machine. */
  loopback: boolean;
}

const isLocalHost = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  host === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(host);

/**
 * Takes a server's URL apart: application root and API version.
 *
 * @param text - for example `https://ws-uv.canfar.net/skaha` or the same with `/v1`
 * @returns undefined when it is no http or https URL, or carries a user, a query or a fragment
 */
export function parseServerUrl(text: string): ServerAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  const path = withoutTrailingSlashes(url.pathname);
  // The version is a segment of the path, never of the host: v1.example.org is no version.
  const version = /\/(v\d+(?:\.\d+)*)$/.exec(path)?.[1];
  const root = version === undefined ? path : path.slice(0, -version.length - 1);
  return {
    root: `${url.origin}${withoutTrailingSlashes(root)}`,
    version,
    origin: url.origin,
    secure: url.protocol === 'https:',
    loopback: isLocalHost(url.hostname),
  };
}

/**
 * Whether a server is the one that somebody means.
 *
 * @param selector - its name, its IVOA identifier, or its URL with or without an API version
 */
export function isServer(
  selector: string,
  { name, uri, url }: { name: string; uri?: string | undefined; url?: string | undefined },
): boolean {
  if (selector === name || selector === uri) return true;
  const root = parseServerUrl(selector)?.root;
  return root !== undefined && url !== undefined && parseServerUrl(url)?.root === root;
}

/** Whether an address stays on this machine. */
export const isLoopback = (url: string): boolean => isLocalHost(new URL(url).hostname);
