import type { IncomingMessage } from 'node:http';
import { challengesAt } from '@skaha/service/challenges.js';
import { methodNotAllowed, type Reply, text, withHeaders } from '@skaha/service/reply.js';
import { availabilityDocument, capabilitiesDocument } from '@skaha/service/vosi.js';
import { type Accounts, tooManyPasswords } from './accounts.js';
import { senderOf } from './attempt-limit.js';
import { readForm } from './body.js';
import type { RecogniseCaller } from './credential-service.js';
import type { UserSettings } from './identities.js';
import { type LoginTokens, loginSeconds } from './login-tokens.js';

const defaultScope = 'sso:cadc+canfar';

/**
 * The login service: exchanges a name and a password for a token and a cookie, and shows callers
 * who they are and to which groups they belong.
 */
export class LoginService {
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #accounts: Accounts;
  readonly #tokens: LoginTokens;
  readonly #recognise: RecogniseCaller;

  constructor(
    users: readonly UserSettings[],
    accounts: Accounts,
    tokens: LoginTokens,
    recognise: RecogniseCaller,
  ) {
    this.#groups = new Map(users.map(({ name, groupNames = [] }) => [name, groupNames]));
    this.#accounts = accounts;
    this.#tokens = tokens;
    this.#recognise = recognise;
  }

  /**
   * @param path - the path after `/ac`
   * @param query - without the question mark
   * @param origin - scheme, host and port as the caller sees them
   */
  async answer(
    request: IncomingMessage,
    path: string,
    query: string,
    origin: string,
  ): Promise<Reply> {
    const { method = 'GET' } = request;
    if (path === '/login') {
      return method === 'POST' ? await this.#login(request) : methodNotAllowed(method, ['POST']);
    }
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    if (path === '/whoami') return this.#whoami(request, origin);
    if (path === '/search') return this.#search(request, query, origin);
    if (path === '/capabilities') return capabilities(`${origin}/ac`);
    if (path === '/availability') return availabilityDocument('The login service is available.');
    const user = /^\/users\/([\w-]+)$/.exec(path)?.[1];
    return user === undefined ? text('not found', 404) : this.#profile(request, user, origin);
  }

  async #login(request: IncomingMessage): Promise<Reply> {
    const form = await readForm(request);
    const name = form.get('username')?.trim() ?? '';
    const password = form.get('password')?.trim() ?? '';
    const scope = form.get('scope') ?? defaultScope;
    if (name === '') return text('Missing username', 400);
    if (password === '') return text('Missing password', 400);
    if (!/^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(scope)) return text('Invalid scope', 400);
    const proof = await this.#accounts.check(name, password, senderOf(request));
    if (proof.retrySeconds !== undefined) return tooManyPasswords(proof);
    const { user } = proof;
    if (user === undefined) return text('Invalid username or password', 401);
    const token = this.#tokens.issue(user, scope);
    return withHeaders(text(token), {
      'cache-control': 'no-store',
      'x-vo-authenticated': user,
      'x-vo-bearer': token,
      // `Strict`, unlike the real service (`None`), so that no other site can use it.
      'set-cookie': `CADC_SSO="${token}"; Secure; SameSite=Strict; HttpOnly; Max-Age=${loginSeconds}; Path=/`,
    });
  }

  async #whoami(request: IncomingMessage, origin: string): Promise<Reply> {
    const caller = await this.#recognise(request);
    if (caller.user === undefined) return refuse(caller, origin);
    return withHeaders(text('', 303), {
      location: `${origin}/ac/users/${caller.user}?idType=HTTP`,
      'x-vo-authenticated': caller.user,
    });
  }

  /** The caller's groups among the requested ones, or all of them (IVOA GMS 1.0). */
  async #search(request: IncomingMessage, query: string, origin: string): Promise<Reply> {
    const caller = await this.#recognise(request);
    if (caller.user === undefined) return refuse(caller, origin);
    // Names of parameters are case-insensitive (DALI).
    const asked = [...new URLSearchParams(query)].flatMap(([name, value]) =>
      name.toLowerCase() === 'group' ? [value] : [],
    );
    const own = this.#groups.get(caller.user) ?? [];
    const found = asked.length === 0 ? own : own.filter((name) => asked.includes(name));
    const lines = found.map((name) => `${name}\n`).join('');
    return withHeaders(text(lines), { 'x-vo-authenticated': caller.user });
  }

  async #profile(request: IncomingMessage, user: string, origin: string): Promise<Reply> {
    const caller = await this.#recognise(request);
    if (caller.user === undefined) return refuse(caller, origin);
    if (caller.user !== user) return text('permission denied', 403);
    const document = `<?xml version="1.0" encoding="UTF-8"?>
<user>
  <identities>
    <identity type="HTTP">${user}</identity>
  </identities>
</user>
`;
    return withHeaders(text(document), { 'content-type': 'text/xml', 'x-vo-authenticated': user });
  }
}

const refuse = (caller: object, origin: string): Reply =>
  withHeaders(
    text(
      'fault' in caller && typeof caller.fault === 'string' ? caller.fault : 'Unauthorized',
      401,
    ),
    { 'www-authenticate': challengesAt(origin) },
  );

const capabilities = (root: string): Reply =>
  capabilitiesDocument(root, [
    {
      id: 'ivo://ivoa.net/std/UMS#login-0.1',
      use: 'full',
      url: `${root}/login`,
      methods: ['tls-with-password'],
    },
    {
      id: 'ivo://ivoa.net/std/UMS#whoami-0.1',
      use: 'full',
      url: `${root}/whoami`,
      methods: ['tls-with-certificate', 'cookie', 'token'],
    },
    {
      id: 'ivo://ivoa.net/std/GMS#search-1.0',
      use: 'full',
      url: `${root}/search`,
      methods: ['tls-with-certificate', 'cookie', 'token'],
    },
  ]);
