import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { DataLayout } from '@skaha/service/data.js';
import { sameSecret, storedSecret } from '@skaha/service/tokens.js';

/**
 * Tokens that open the page of one session in a browser, which has no other credential to send.
 * They are derived from the session's id and a key of this platform, so none is stored.
 */
export class PageTokens {
  readonly #key: string;

  constructor(layout: DataLayout) {
    this.#key = storedSecret(join(layout.secrets, 'page.key'), 'hex');
  }

  of(session: string): string {
    return createHmac('sha256', this.#key).update(session).digest('base64url');
  }

  /** Whether this is the token of the session; compared in constant time. */
  opens(session: string, token: string): boolean {
    return sameSecret(token, this.of(session));
  }
}
