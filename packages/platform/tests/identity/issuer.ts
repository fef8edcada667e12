import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';

interface SigningKey {
  readonly key: CryptoKey;
  readonly public: JWK;
}

/** An OIDC issuer whose keys and answers a test decides. */
export class TestIssuer {
  readonly ca: string;
  readonly #server: Server;
  readonly #keys: SigningKey[] = [];
  /** How often keys were asked for. */
  keyRequests = 0;
  isDown = false;
  metadata: Record<string, unknown> = {};
  /** Answers of the user info endpoint, by `sub`; unknown ones are refused. */
  readonly people = new Map<string, Record<string, unknown>>();

  private constructor(folder: string) {
    layKeys(folder);
    this.ca = join(folder, 'ca.pem');
    const pem = readFileSync(join(folder, 'private/server.pem'), 'utf8');
    this.#server = createServer({ key: pem, cert: pem }, (request, response) => {
      const { url = '/', headers } = request;
      const [status, body] = this.isDown ? [503, {}] : this.#answer(url, headers.authorization);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  }

  /** @param folder - of its own */
  static async open(folder: string): Promise<TestIssuer> {
    const issuer = new TestIssuer(folder);
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    await issuer.rotate();
    return issuer;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/realms/lab`;
  }

  /** Signs with another key from now on; the old ones are not told any more. */
  async rotate(): Promise<void> {
    this.#keys.unshift(await signingKey(`key-${this.#keys.length}`));
  }

  /** A token as it would be made now; `undefined` leaves a claim out. */
  async token(
    claims: Record<string, unknown>,
    now: number,
    how: { key?: SigningKey } = {},
  ): Promise<string> {
    const [newest] = this.#keys;
    const { key, public: jwk } = how.key ?? (newest as SigningKey);
    const usual = {
      iss: this.url,
      aud: 'skaha',
      sub: `id-of-${String(claims['preferred_username'])}`,
      exp: Math.floor(now / 1000) + 600,
    };
    return await new SignJWT({ ...usual, ...claims } as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid ?? '', typ: 'at+jwt' })
      .sign(key);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(url: string, authorization: string | undefined): [number, unknown] {
    const path = url.replace('/realms/lab', '');
    if (path === '/.well-known/openid-configuration') {
      const [jwks, userinfo] = [`${this.url}/keys`, `${this.url}/userinfo`];
      const usual = { issuer: this.url, jwks_uri: jwks, userinfo_endpoint: userinfo };
      return [200, { ...usual, ...this.metadata }];
    }
    if (path === '/keys') {
      this.keyRequests += 1;
      return [200, { keys: this.#keys.slice(0, 1).map((one) => one.public) }];
    }
    if (path === '/userinfo') {
      const payload = authorization?.split('.')[1] ?? '';
      const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
      const person = this.people.get(sub);
      return person === undefined ? [401, {}] : [200, { sub, ...person }];
    }
    return [404, {}];
  }
}

export async function signingKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return { key: privateKey, public: jwk };
}
