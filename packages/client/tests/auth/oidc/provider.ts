import { randomUUID } from 'node:crypto';
import type { Answer, Received, StandIn } from '../stand-in.js';

/** An OIDC provider whose behaviour a test scripts. Its secrets are easy to find in any output. */
export interface TestProvider {
  issuer: string;
  discovery: string;
  metadata: Record<string, unknown>;
  /** What the next polls answer; `approve` when used up. */
  polls: (Answer | 'approve' | { error: string })[];
  /** Seconds that an access token lives; undefined leaves `expires_in` out. */
  expiresIn: number | undefined;
  /** Refresh tokens are given, and each is good once. */
  refreshes: boolean;
  /** How often tokens were refreshed. */
  refreshed: number;
  /** Every secret it ever made. */
  secrets: Set<string>;
  /** The refresh token that is good. */
  current: string | undefined;
  /** What the device endpoint adds to its answer. */
  device: Record<string, unknown>;
}

const secret = (kind: string): string => `SECRET-${kind}-${randomUUID()}`;

/** Serves an OIDC provider at the root of a stand-in. */
export function serveProvider(standIn: StandIn): TestProvider {
  const { origin } = standIn;
  const clients = new Map<string, string>();
  const codes = new Map<string, string>();
  const make = (kind: string): string => {
    const made = secret(kind);
    provider.secrets.add(made);
    return made;
  };
  const provider: TestProvider = {
    issuer: `${origin}/`,
    discovery: `${origin}/.well-known/openid-configuration`,
    metadata: {
      issuer: `${origin}/`,
      device_authorization_endpoint: `${origin}/devicecode`,
      registration_endpoint: `${origin}/register`,
      token_endpoint: `${origin}/token`,
      userinfo_endpoint: `${origin}/userinfo`,
      authorization_endpoint: `${origin}/authorize`,
      revocation_endpoint: `${origin}/revoke`,
    },
    polls: [],
    expiresIn: 3600,
    refreshes: true,
    refreshed: 0,
    secrets: new Set(),
    current: undefined,
    device: {},
  };
  const authenticated = ({ headers }: Received): boolean => {
    const [scheme, encoded = ''] = (headers.authorization ?? '').split(' ');
    const [id = '', given = ''] = Buffer.from(encoded, 'base64').toString().split(':');
    return scheme === 'Basic' && clients.get(decodeURIComponent(id)) === decodeURIComponent(given);
  };
  const tokens = (): Answer => {
    const access_token = make('access');
    provider.current = provider.refreshes ? make('refresh') : undefined;
    return {
      json: {
        access_token,
        token_type: 'Bearer',
        scope: 'openid',
        ...(provider.expiresIn === undefined ? {} : { expires_in: provider.expiresIn }),
        ...(provider.current === undefined ? {} : { refresh_token: provider.current }),
        id_token: 'not.looked.at',
      },
    };
  };
  const failure = (error: string, code = ''): Answer => ({
    status: 400,
    json: { error, error_description: `about code: ${code}` },
  });
  const grants: Record<string, (request: Received) => Answer> = {
    'urn:ietf:params:oauth:grant-type:device_code': ({ form }) => {
      const next = provider.polls.shift() ?? 'approve';
      if (next === 'approve') return tokens();
      const scripted = typeof next === 'object' && 'error' in next;
      return scripted ? failure(next.error, form.get('device_code') ?? '') : next;
    },
    refresh_token: ({ form }) => {
      if (form.get('refresh_token') !== provider.current) return failure('invalid_grant');
      provider.refreshed += 1;
      return tokens();
    },
    authorization_code: ({ form }) =>
      codes.has(form.get('code') ?? '') ? tokens() : failure('invalid_grant'),
  };
  standIn.on('GET /.well-known/openid-configuration', () => ({ json: provider.metadata }));
  standIn.on('POST /register', ({ body }) => {
    const client_id = randomUUID();
    const client_secret = make('client');
    clients.set(client_id, client_secret);
    return {
      status: 201,
      json: {
        ...JSON.parse(body),
        client_id,
        client_secret,
        registration_access_token: make('registration'),
        registration_client_uri: `${origin}/register/${client_id}`,
      },
    };
  });
  standIn.on('POST /devicecode', (request) =>
    authenticated(request)
      ? {
          json: {
            device_code: make('device'),
            user_code: 'WDJB-MJHT',
            verification_uri: `${origin}/device`,
            verification_uri_complete: `${origin}/device?user_code=WDJB-MJHT`,
            expires_in: 600,
            ...provider.device,
          },
        }
      : { status: 401, json: { error: 'invalid_client' } },
  );
  standIn.on('POST /token', (request) =>
    authenticated(request)
      ? (grants[request.form.get('grant_type') ?? '']?.(request) ?? failure('invalid_request'))
      : { status: 401, json: { error: 'invalid_client' } },
  );
  standIn.on('GET /authorize', ({ query }) => {
    const code = make('code');
    codes.set(code, query.get('code_challenge') ?? '');
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href } };
  });
  standIn.on('GET /userinfo', { json: { sub: '1', preferred_username: 'ada' } });
  standIn.on('POST /revoke', {});
  return provider;
}
