import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { SkahaError } from '../errors/index.js';
import { readCapabilities } from '../models/capabilities.js';
import { refuseForeign } from '../transport/foreign.js';
import { type DiscoveryTools, fetchAnonymously } from './anonymous.js';

/** What a server reports about itself. */
export interface ServerCapabilities {
  /** Application root, without version or trailing slash. */
  url: string;
  /** For example `v1`. */
  version: string;
  /** Kinds of credential that it accepts: `x509`, `oidc` and others. */
  auths: readonly string[];
}

const versionPattern = /^v\d+(?:\.\d+)*$/;

const originOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).origin : undefined;

/**
 * Chooses how to use a server from its capabilities: the newest version of the session API that
 * names a way to log in. A base URL on another host is refused, because the credential would go
 * there.
 *
 * @param xml - VOSI capabilities document
 * @param url - of the server it came from
 * @throws {SkahaError} `response.invalid` with the reason
 */
export function chooseCapabilities(xml: string, url: string): ServerCapabilities {
  const { origin, host } = new URL(url);
  let elsewhere = false;
  for (const { baseUrl, version, modes } of readCapabilities(xml)) {
    if (version === undefined || version.length > 8 || !versionPattern.test(version)) continue;
    if (modes.length === 0) continue;
    if (originOf(baseUrl) === origin) {
      const path = withoutTrailingSlashes(new URL(baseUrl).pathname);
      return { url: `${origin}${path}`, version, auths: modes };
    }
    elsewhere = true;
  }
  throw new SkahaError(
    'response.invalid',
    elsewhere
      ? `The capabilities of ${host} refer to another host, which is not trusted.`
      : `The capabilities of ${host} describe no usable session service.`,
  );
}

/**
 * Asks a server for its capabilities, without any credential.
 *
 * @param url - of the server
 * @param tools - transport, rules and bounds
 * @throws {SkahaError} `response.invalid`, or the errors of the exchange
 */
export async function fetchCapabilities(
  url: string,
  tools: DiscoveryTools,
): Promise<ServerCapabilities> {
  const address = `${url}/capabilities`;
  const reply = await fetchAnonymously('GET', address, tools, 'application/xml, text/xml');
  const { status, text } = reply;
  if (status === 200) {
    refuseForeign(reply, { url: address, root: url });
    return chooseCapabilities(text, url);
  }
  throw new SkahaError('server.error', `${new URL(url).host} answered with HTTP ${status}.`, {
    status,
  });
}
