import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';

const urlSafe = (base64: string) => base64.replace(/\//g, '-').replace(/\+/g, '_');
const standard = (text: string) => text.replace(/-/g, '/').replace(/_/g, '+');
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The tokens with which a running desktop calls back: `{meta}~{sig}`, a grant for one session and
 * its signature (Skaha API, 2.7).
 */
export class CallbackTokens {
  readonly #path: string;
  #key: string | undefined;

  constructor(layout: DataLayout) {
    this.#path = join(layout.secrets, 'callback.pem');
  }

  /** Issues the token of a desktop. */
  issue(id: string): string {
    const meta = `gnt=WriteGrant&sub=${id}`;
    const signature = sign('sha256', Buffer.from(meta), createPrivateKey(this.#privateKey()));
    const encoded = [Buffer.from(meta), signature].map((bytes) => bytes.toString('base64'));
    return encoded.map(urlSafe).join('~');
  }

  /**
   * @returns the id of the desktop; `malformed` if parts are not base64, `invalid` if the signature
   *   is wrong
   */
  check(token: string): { readonly id: string } | 'malformed' | 'invalid' {
    const [meta, signature, ...rest] = token.split('~').map(standard);
    if (meta === undefined || signature === undefined || rest.length > 0) return 'invalid';
    if (!base64.test(meta) || !base64.test(signature)) return 'malformed';
    const key = this.#key ?? readIfPresent(this.#path);
    if (key === undefined) return 'invalid';
    const bytes = Buffer.from(meta, 'base64');
    const isOurs = verify('sha256', bytes, createPublicKey(key), Buffer.from(signature, 'base64'));
    const id = /^gnt=WriteGrant&sub=([a-z0-9]{8})$/.exec(bytes.toString('utf8'))?.[1];
    return isOurs && id !== undefined ? { id } : 'invalid';
  }

  /** Created with the first desktop: most platforms never have one. */
  #privateKey(): string {
    this.#key ??= readIfPresent(this.#path);
    if (this.#key === undefined) {
      const { privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      replaceFileSync(this.#path, privateKey);
      this.#key = privateKey;
    }
    return this.#key;
  }
}
