/** A server's address, taken apart. */
export interface ServerUrl {
  /** Application root without version or trailing slash. */
  root: string;
  /** API version the address ended with, for example `v1`. */
  version: string | undefined;
}

/**
 * Takes an address apart into root and API version. Only the last segment of the path can be the
 * version, so that a host such as `v1.example.org` is left alone.
 *
 * @param url - for example `https://ws-uv.canfar.net/skaha` or `https://ws-uv.canfar.net/skaha/v1`
 * @returns undefined for anything that is not a plain `http` or `https` address
 */
export function parseServerUrl(url: string): ServerUrl | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return undefined;
  }
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return undefined;
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '') return undefined;
  const segments = parsed.pathname.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1);
  const version = last !== undefined && /^v\d+(?:\.\d+)*$/.test(last) ? segments.pop() : undefined;
  return { root: [parsed.origin, ...segments].join('/'), version };
}

/** Whether an address stays on this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
