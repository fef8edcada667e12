import { hostname } from 'node:os';
import { entry } from '@skaha/base/names.js';
import { certificateReader, certificateWarnings } from '../auth/certificate.js';
import { type CertificateProof, fetchCertificate } from '../auth/certificate-service.js';
import { netrcLogin } from '../auth/netrc.js';
import { issuersFor, loginAtProvider, type OidcMethod } from '../auth/oidc/index.js';
import { checkedToken } from '../auth/token.js';
import { expandPath } from '../config/paths.js';
import type { Configuration, CredentialEntry } from '../config/schema.js';
import {
  findCredentialService,
  type IdentityProvider,
  identityProvider,
  offeredModes,
} from '../discovery/index.js';
import { SkahaError, ValidationError } from '../errors/index.js';
import { activateWith } from './activate.js';
import { usualCertificatePath } from './certificate-path.js';
import { credentialSummary } from './credentials.js';
import type { LoginMethod, LoginOptions, LoginResult } from './login-options.js';
import { type AccountTools, withTools } from './tools.js';

type CertificateMethod = Extract<
  LoginMethod,
  { type: 'certificate' | 'password' | 'netrc' | 'exchange' }
>;

const modeOf: Readonly<Record<LoginMethod['type'], IdentityProvider['mode'] | undefined>> = {
  certificate: 'x509',
  password: 'x509',
  netrc: 'x509',
  exchange: 'x509',
  device: 'oidc',
  browser: 'oidc',
  token: undefined,
};

function checkMethod(provider: IdentityProvider, { type }: LoginMethod): void {
  const { key, mode } = provider;
  const needed = modeOf[type];
  if (needed === undefined || offeredModes(provider).includes(needed)) return;
  throw new ValidationError(
    [{ path: 'method', message: `'${key}' has no login of the kind '${type}'.` }],
    mode === 'x509'
      ? 'Log in with user name and password, or with a certificate.'
      : 'Log in with a code, in the browser, or with a token.',
  );
}

class Login {
  readonly #tools: AccountTools;
  readonly #options: LoginOptions;
  readonly #provider: IdentityProvider;
  readonly #configuration: Configuration;

  constructor(
    tools: AccountTools,
    options: LoginOptions,
    configuration: Configuration,
    provider: IdentityProvider,
  ) {
    this.#tools = tools;
    this.#options = options;
    this.#configuration = configuration;
    this.#provider = provider;
  }

  async #save(made: CredentialEntry): Promise<void> {
    const { key } = this.#provider;
    await this.#tools.update((draft) => {
      const last = entry(draft.credentials, key)?.server;
      draft.credentials[key] = last === undefined ? made : { ...made, server: last };
    });
  }

  #certificatePath(path: string | undefined): string {
    const { key } = this.#provider;
    return expandPath(path ?? usualCertificatePath(key), this.#tools.environment);
  }

  async #proof(
    method: Exclude<CertificateMethod, { type: 'certificate' }>,
    realm: string,
  ): Promise<CertificateProof> {
    if (method.type === 'exchange') {
      return { type: 'token', token: checkedToken(method.token, 'this login') };
    }
    if (method.type === 'password') {
      return { type: 'password', username: method.username, password: method.password };
    }
    const file = expandPath(method.file ?? '~/.netrc', this.#tools.environment);
    return { type: 'password', ...(await netrcLogin(file, realm, method.username)) };
  }

  async #withCertificate(method: CertificateMethod): Promise<void> {
    const path = this.#certificatePath(method.path);
    const { clock, signal } = this.#tools;
    if (method.type !== 'certificate') {
      const discovery = await this.#tools.forProvider(this.#provider);
      const kind = method.type === 'exchange' ? 'token' : 'password';
      const service = await findCredentialService(this.#provider, kind, discovery);
      await fetchCertificate({
        transport: discovery.transport,
        endpoint: service.url,
        proof: await this.#proof(method, service.realm),
        daysValid: method.daysValid,
        path,
        signal,
        clock,
        onNotice: (notice) => this.#tools.warn(notice),
      });
    }
    const certificate = await certificateReader(path, clock)();
    for (const warning of certificateWarnings(certificate, path, clock.now())) {
      this.#tools.warn(warning);
    }
    const managed = method.type === 'certificate' ? {} : { managed: true };
    await this.#save({ mode: 'x509', provider: this.#provider.key, path, ...managed });
  }

  #whereToAsk(): { issuers: readonly string[]; discovery: string } {
    const { key, issuer, discovery } = this.#provider;
    const given = this.#options.discovery;
    if (given !== undefined) return { issuers: issuersFor(given), discovery: given };
    if (issuer !== undefined && discovery !== undefined) return { issuers: [issuer], discovery };
    throw new SkahaError('config.invalid', `The identity provider '${key}' has no issuer.`);
  }

  async #atProvider(method: OidcMethod): Promise<string | undefined> {
    const { key } = this.#provider;
    const former = entry(this.#configuration.credentials, key);
    const user = await loginAtProvider({
      ...(await this.#tools.forProvider(this.#provider)),
      provider: { key, ...this.#whereToAsk() },
      method,
      former: former?.mode === 'oidc' ? former : undefined,
      newClient: this.#options.newClient,
      hostname: hostname(),
      // Only a clock that was given: the protocol measures waiting with one that cannot jump.
      clock: this.#options.clock,
      save: (made) => this.#save(made),
    });
    if (user === undefined) {
      this.#tools.warn('You are logged in, but the provider did not report your user name.');
    }
    return user;
  }

  /** @returns the user's name, if the provider says it */
  async run(): Promise<string | undefined> {
    const { method } = this.#options;
    switch (method.type) {
      case 'device':
        return this.#atProvider({ flow: 'device', onVerification: method.onVerification });
      case 'browser':
        return this.#atProvider({
          flow: 'browser',
          onOpen: method.onOpen,
          patienceMs: method.patienceMs,
        });
      case 'token': {
        const access = checkedToken(method.token, 'this login');
        await this.#save({ mode: 'token', provider: this.#provider.key, access });
        return undefined;
      }
      default:
        await this.#withCertificate(method);
        return undefined;
    }
  }
}

/**
 * Logs in with an identity provider, without prompts, saves the login, and makes a server active.
 * The login is saved as soon as it is complete, even if no server is found afterwards. A failure
 * before that changes nothing.
 *
 * @param options - provider, method, and which server to use then
 * @returns the login, and the context that is now active
 * @throws {SkahaError} `authentication.denied` if it is refused, `authentication.expired` if a code
 *   or certificate has expired, `authentication.provider_invalid`,
 *   `authentication.credential_missing`, `authentication.credential_invalid`,
 *   `authentication.required` for an unknown provider, `request.invalid`, `transport.failure`,
 *   `transport.timeout`, `config.unwritable`, and the errors of `activate`
 * @example
 * ```ts
 * import { login } from 'skaha/account';
 *
 * const { user, activation } = await login({
 *   provider: 'srcnet',
 *   method: {
 *     type: 'device',
 *     onVerification: ({ verificationUri, userCode }) => {
 *       console.log(`Open ${verificationUri} and enter ${userCode}`);
 *     },
 *   },
 *   server: 'canSRC',
 * });
 * console.log(`${user} works at ${activation?.server.url}`);
 * ```
 */
export function login(options: LoginOptions): Promise<LoginResult> {
  return withTools(options, async (tools) => {
    const configuration = await tools.load();
    const provider = identityProvider(options.provider, configuration);
    checkMethod(provider, options.method);
    const { key } = provider;
    const known = entry(configuration.credentials, key) !== undefined;
    const former = known ? await credentialSummary(configuration, key, tools) : undefined;
    // Who brings a certificate or token wants that one.
    const brings = ['certificate', 'token'].includes(options.method.type);
    const alreadyLoggedIn = former?.state === 'valid' && options.force !== true && !brings;
    const user = alreadyLoggedIn
      ? undefined
      : await new Login(tools, options, configuration, provider).run();
    const { server, choose, dev } = options;
    const activation =
      options.activate === false
        ? undefined
        : await activateWith(tools, { credential: key, server, choose, dev });
    const credential = await credentialSummary(await tools.load(), key, tools);
    return { credential, user, alreadyLoggedIn, activation };
  });
}
