import { createHmac, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import type { DataLayout } from '@skaha/service/data.js';
import { storedSecret } from '@skaha/service/tokens.js';
import { VospaceFault } from './fault.js';
import type { Path } from './paths.js';

/** How long an address is valid, in milliseconds; a transfer that has started may take longer. */
const lifetimeMs = 15 * 60_000;

const prefix = 'preauth:';

/** What a signed address allows. */
export interface Grant {
  /** Undefined for an anonymous caller. */
  readonly user: string | undefined;
  readonly direction: 'read' | 'write';
}

/** Signs addresses that work without a credential: for a path, a direction, a short time. */
export class Preauth {
  readonly #key: Buffer;
  readonly #clock: Clock;

  constructor(layout: DataLayout, clock: Clock) {
    const path = join(layout.secrets, 'storage.key');
    this.#key = Buffer.from(storedSecret(path, 'base64url'), 'base64url');
    this.#clock = clock;
  }

  /** The token, which becomes the first name in the path of an address. */
  issue(path: Path, { user = '', direction }: Grant): string {
    const expires = this.#clock.now() + lifetimeMs;
    const claims = `${direction}.${expires}.${Buffer.from(user).toString('base64url')}`;
    return `${prefix}${claims}.${this.#sign(claims, path)}`;
  }

  /** Whether the first name of a path is such a token. */
  static isToken(name: string): boolean {
    return name.startsWith(prefix);
  }

  /**
   * What a signed address allows.
   *
   * @throws {VospaceFault} `InvalidToken` if it is not ours, for another path, or has expired
   */
  check(token: string, path: Path): Grant {
    const [direction = '', expires = '', user = '', signature = ''] = token
      .slice(prefix.length)
      .split('.');
    const given = Buffer.from(signature, 'base64url');
    const expected = Buffer.from(this.#sign(`${direction}.${expires}.${user}`, path), 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new VospaceFault(
        'InvalidToken',
        'this address was not signed by this service for this path',
      );
    }
    if (Number(expires) <= this.#clock.now()) {
      throw new VospaceFault('InvalidToken', 'this address has expired');
    }
    const name = Buffer.from(user, 'base64url').toString();
    return {
      user: name === '' ? undefined : name,
      direction: direction === 'read' ? 'read' : 'write',
    };
  }

  #sign(claims: string, path: Path): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([claims, path]))
      .digest('base64url');
  }
}

/** An address without its signature, so that it may be logged. */
export const withoutGrant = (url: string): string =>
  url.replace(/preauth(?::|%3a)[^/?#]*/gi, 'preauth:…');
