import { addressProblem } from '@skaha/base/addresses.js';
import type { AuthorizationServer } from 'oauth4webapi';
import { converse, type OidcTools, providerDown, providerInvalid, textOf } from './messages.js';

/** An OIDC provider's addresses, checked. */
export interface OidcProvider {
  issuer: string;
  /** URL of the document these came from. */
  discovery: string;
  metadata: AuthorizationServer;
}

/** How a login goes on: with a code on another device, or in a browser on this machine. */
export type OidcFlow = 'device' | 'browser';

/** The grant by which each flow gets its tokens (RFC 8628, RFC 6749). */
export const grantOf: Readonly<Record<OidcFlow, string>> = {
  device: 'urn:ietf:params:oauth:grant-type:device_code',
  browser: 'authorization_code',
};

const common = ['registration_endpoint', 'token_endpoint', 'userinfo_endpoint'] as const;
const endpointOf = {
  device: 'device_authorization_endpoint',
  browser: 'authorization_endpoint',
} as const;
const optional = ['revocation_endpoint'] as const;

const lists = (value: unknown, wanted: string): boolean =>
  !Array.isArray(value) || value.includes(wanted);

function checkFlow(json: Readonly<Record<string, unknown>>, issuer: string, flow: OidcFlow): void {
  const offered =
    textOf(json[endpointOf[flow]]) !== undefined &&
    lists(json['grant_types_supported'], grantOf[flow]);
  if (offered) return;
  throw flow === 'device'
    ? providerInvalid(
        issuer,
        'offers no login with a code',
        'Log in with a browser on this machine instead (--web), or with a token.',
      )
    : providerInvalid(
        issuer,
        'offers no login in a browser',
        'Log in with a code instead, or with a token.',
      );
}

function endpoints(
  json: Readonly<Record<string, unknown>>,
  issuer: string,
  flow: OidcFlow,
  development: boolean,
): Record<string, string> {
  const wanted = [...common, endpointOf[flow]];
  const missing = wanted.filter((name) => textOf(json[name]) === undefined).sort();
  if (missing.length > 0) {
    throw providerInvalid(issuer, `does not say where to find: ${missing.join(', ')}`);
  }
  const found = [...wanted, ...optional].flatMap((name) => {
    const address = textOf(json[name]);
    return address === undefined ? [] : [[name, address] as const];
  });
  for (const [name, address] of found) {
    if (addressProblem(address, { development }) === undefined) continue;
    throw providerInvalid(issuer, `gives an unsafe address (${name})`);
  }
  return Object.fromEntries(found);
}

const wellKnown = '/.well-known/openid-configuration';

/**
 * The names by which a provider may call itself in a discovery document that a user has named:
 * what stands before the well-known path, with the final slash or without (OpenID Connect
 * Discovery 1.0, section 4).
 *
 * @param discovery - URL of the document
 */
export function issuersFor(discovery: string): string[] {
  const base = discovery.endsWith(wellKnown) ? discovery.slice(0, -wellKnown.length) : discovery;
  return [base, `${base}/`];
}

/**
 * Reads an OIDC provider's discovery document (OpenID Connect Discovery 1.0) and checks it before
 * anything is sent there: the issuer character by character, every address, and that the wanted
 * flow is offered.
 *
 * @param issuers - as configured; the document must name one of them
 * @param discovery - URL of the document
 * @param flow - how the user logs in
 * @param tools - transport and bounds
 * @throws {SkahaError} `authentication.provider_invalid` with the reason, `transport.failure`,
 * `transport.timeout`
 */
export async function discoverProvider(
  issuers: readonly string[],
  discovery: string,
  flow: OidcFlow,
  tools: OidcTools,
): Promise<OidcProvider> {
  const [expected = discovery] = issuers;
  if (addressProblem(discovery, tools) !== undefined) {
    throw providerInvalid(expected, 'has a discovery address that is not safe');
  }
  const reply = await converse(tools, (fetch) =>
    fetch(discovery, { method: 'GET', headers: { accept: 'application/json' } }),
  );
  const { json, status } = reply;
  if (status >= 500) throw providerDown(expected, status);
  if (status < 200 || status > 299 || json === undefined) {
    throw providerInvalid(expected, `has no discovery document (HTTP ${status})`);
  }
  const issuer = issuers.find((one) => one === json['issuer']);
  if (issuer === undefined) {
    throw providerInvalid(
      expected,
      'identifies itself with a different issuer from the one configured',
      'Nothing was sent there. Check the issuer in the configuration, including its final slash.',
    );
  }
  checkFlow(json, issuer, flow);
  if (!lists(json['token_endpoint_auth_methods_supported'], 'client_secret_basic')) {
    throw providerInvalid(
      issuer,
      'does not accept client_secret_basic, the only method that skaha uses',
    );
  }
  const metadata = { issuer, ...endpoints(json, issuer, flow, tools.development) };
  return { issuer, discovery, metadata };
}
