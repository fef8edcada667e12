import type { IncomingMessage } from 'node:http';
import { challengesAt } from '@skaha/service/challenges.js';
import { handled, methodNotAllowed, type Reply, text, withHeaders } from '@skaha/service/reply.js';
import { availabilityDocument, capabilitiesDocument } from '@skaha/service/vosi.js';
import { type Accounts, tooManyPasswords } from './accounts.js';
import { senderOf } from './attempt-limit.js';
import type { Certificates } from './certificates.js';
import { distinguishedName } from './credential-authority.js';

/** The longest lifetime of a certificate, in days (credential service: `30.0`). */
const maximumDays = 30;

/** Recognises a caller by credentials other than name and password. */
export type RecogniseCaller = (
  request: IncomingMessage,
) => Promise<
  | { readonly user: string; readonly by: 'certificate' | 'token' | 'cookie' }
  | { readonly user: undefined }
  | { readonly user: undefined; readonly fault: string }
>;

/** The credential service: issues short-lived certificates to users with a password. */
export class CredentialService {
  readonly #accounts: Accounts;
  readonly #certificates: Certificates;
  readonly #recognise: RecogniseCaller;

  constructor(accounts: Accounts, certificates: Certificates, recognise: RecogniseCaller) {
    this.#accounts = accounts;
    this.#certificates = certificates;
    this.#recognise = recognise;
  }

  /**
   * @param path - the path after `/cred`
   * @param origin - scheme, host and port as the caller sees them
   */
  async answer(
    request: IncomingMessage,
    path: string,
    query: string,
    origin: string,
  ): Promise<Reply> {
    const { method = 'GET' } = request;
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    if (path === '/capabilities') return capabilities(`${origin}/cred`);
    if (path === '/availability')
      return availabilityDocument('The credential service is available.');
    const rest = /^\/generate(\/.*)?$/.exec(path);
    if (rest === null) return handled(404, `not found: ${path}`);
    if (method === 'HEAD') return text('');
    const caller = await this.#caller(request);
    if (typeof caller !== 'string')
      return withHeaders(caller, { 'www-authenticate': challengesAt(origin) });
    const reply = await this.#generate(caller, rest[1] ?? '', query);
    return withHeaders(reply, { 'x-vo-authenticated': caller });
  }

  async #generate(user: string, path: string, query: string): Promise<Reply> {
    if (path !== '') return delegation(path);
    const asked = new URLSearchParams(query).get('daysValid') ?? String(maximumDays);
    if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(asked)) {
      return handled(400, `daysValid is not a float: ${printable(asked)}`);
    }
    if (Number(asked) > maximumDays) {
      return handled(400, `daysValid larger than maximum allowed: ${maximumDays.toFixed(1)}`);
    }
    return withHeaders(text(await this.#certificates.issue(user, Number(asked))), {
      'content-type': 'application/x-pem-file',
      'content-disposition': 'inline; filename="cadcproxy.pem"',
      'cache-control': 'no-store',
    });
  }

  /** The user, or a refusal. Errors while reading credentials end without a line feed. */
  async #caller(request: IncomingMessage): Promise<string | Reply> {
    const { authorization } = request.headers;
    const words = authorization?.trim().split(/\s+/) ?? [];
    if (authorization !== undefined && words.length !== 2) {
      return text('incomplete authorization header', 401);
    }
    if (/^basic$/i.test(words[0] ?? '')) return await this.#basic(request, words[1] ?? '');
    const caller = await this.#recognise(request);
    if ('fault' in caller) return text(caller.fault, 401);
    if (caller.user === undefined) {
      return handled(401, 'Authentication required (caller DN not found).');
    }
    if (caller.by === 'certificate') {
      return handled(
        403,
        `Renewing certificate using certificate authentication not permitted: ${distinguishedName(caller.user)}`,
      );
    }
    return caller.user;
  }

  async #basic(request: IncomingMessage, value: string): Promise<string | Reply> {
    const [, name = '', password = ''] =
      /^([^:]+):(.*)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? [];
    if (name === '') return text('Incorrect user/password input in basic auth challenge', 401);
    const proof = await this.#accounts.check(name, password, senderOf(request));
    if (proof.retrySeconds !== undefined) return tooManyPasswords(proof);
    // The same text for both, so that nobody finds out which users exist.
    return proof.user ?? text('Invalid username or password', 401);
  }
}

/** Only super-users may request certificates for others; there are none here. */
function delegation(path: string): Reply {
  const [, kind = '', name = ''] = /^\/([^/]*)(?:\/(.*))?$/.exec(path) ?? [];
  if (kind !== 'userid' && kind !== 'dn') {
    return handled(400, `Only dn and userid delegations supported: ${printable(path.slice(1))}`);
  }
  if (name === '') return handled(400, `Invalid path ${printable(path.slice(1))}`);
  return handled(403, 'permission denied');
}

const capabilities = (root: string): Reply =>
  capabilitiesDocument(root, [
    {
      id: 'ivo://ivoa.net/std/CDP#proxy-1.0',
      use: 'base',
      url: `${root}/generate`,
      methods: ['BasicAA', 'token', 'cookie'],
    },
  ]);

const printable = (value: string) => value.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
