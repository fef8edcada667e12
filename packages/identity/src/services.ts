import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { BodyError } from '@skaha/service/body.js';
import type { DataLayout } from '@skaha/service/data.js';
import { handled, type Reply } from '@skaha/service/reply.js';
import type Database from 'libsql';
import { Accounts } from './accounts.js';
import { Certificates } from './certificates.js';
import { createControls, type IdentityControls } from './controls.js';
import { CredentialService, type RecogniseCaller } from './credential-service.js';
import type { UserSettings } from './identities.js';
import { LoginService } from './login-service.js';
import { LoginTokens } from './login-tokens.js';
import { OidcKeyring } from './oidc-keyring.js';
import { OidcService } from './oidc-service.js';
import { OidcStore } from './oidc-store.js';
import { Registry, type RegistryAudience, registryDocument, registryPaths } from './registry.js';

/** What a caller of {@link startPlatform} can do with the identity services. */
export interface PlatformIdentity {
  /** Issuer of the OIDC provider; its metadata is at `.well-known/openid-configuration` below it. */
  readonly issuer: string;
  /** Registry document for users with certificates. */
  readonly registry: string;
  /** Registry document for users of OIDC. */
  readonly srcnetRegistry: string;
  /** Faults of these services. */
  readonly controls: IdentityControls;
  /** User codes of pending device logins, without hyphens. */
  readonly pendingDevices: readonly string[];
  /**
   * Approves a device login, as its user would on the page.
   *
   * @returns false if the login is no longer pending, or there is no such user
   */
  approveDevice(userCode: string, user: string): Promise<boolean>;
  /**
   * Refuses a device login.
   *
   * @returns false if the login is no longer pending
   */
  refuseDevice(userCode: string): Promise<boolean>;
}

/** What the identity services need. */
export interface IdentityOptions {
  readonly layout: DataLayout;
  readonly users: readonly UserSettings[];
  readonly database: Database.Database;
  /** Names of the storage service in the two registries. */
  readonly storage: Readonly<Record<RegistryAudience, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Recognises callers by certificate, token or cookie. */
  readonly recognise: RecogniseCaller;
}

/** What a platform needs of its identity provider: the stand-in, or a site's own. */
export interface ProvingServices {
  readonly controls: IdentityControls;
  /** The part that a caller of {@link startPlatform} gets. */
  readonly handle: PlatformIdentity;
  /** Scheme, host and port of the platform. */
  readonly origin: string;
  /** Sets the address of the platform; called before the first request. */
  locate(origin: string): void;
  /** File with the generated password of a user; undefined if there is none. */
  passwordFile(user: string): string | undefined;
}

/** The user of a bearer token, or why it is invalid. */
export type BearerProof = { readonly user: string } | 'expired' | 'unknown';

/** The services of the stand-in identity provider: credentials, login, OIDC and registry. */
export class IdentityServices implements ProvingServices {
  readonly accounts: Accounts;
  readonly certificates: Certificates;
  readonly loginTokens: LoginTokens;
  readonly controls: IdentityControls;
  readonly #keyring: OidcKeyring;
  readonly #store: OidcStore;
  readonly #oidc: OidcService;
  readonly #credentials: CredentialService;
  readonly #logins: LoginService;
  readonly #registry: Registry;
  #origin = 'https://127.0.0.1';

  /** Reads or creates the keys that the services need. */
  constructor(options: IdentityOptions) {
    const { layout, users, clock, recognise } = options;
    const accounts = Accounts.open(layout, users, clock);
    this.accounts = accounts;
    this.controls = createControls();
    const names = users.map(({ name }) => name);
    this.certificates = Certificates.open(layout, this.controls.certificates, names);
    this.loginTokens = new LoginTokens(layout, clock);
    this.#store = new OidcStore(options.database, clock);
    this.#keyring = new OidcKeyring(layout);
    this.#oidc = new OidcService({
      ...options,
      keyring: this.#keyring,
      accounts,
      store: this.#store,
      controls: this.controls.oidc,
      origin: () => this.#origin,
    });
    this.#credentials = new CredentialService(accounts, this.certificates, recognise);
    this.#logins = new LoginService(users, accounts, this.loginTokens, recognise);
    this.#registry = new Registry(this.controls.registry, options.storage, clock);
  }

  /**
   * Sets the address of the services; called before the first request.
   *
   * @param origin - scheme, host and port of the platform
   */
  locate(origin: string): void {
    this.#origin = origin;
  }

  /**
   * Answers a request for one of the services; undefined if it is for something else.
   *
   * @param origin - scheme, host and port as the caller sees them
   */
  async answer(request: IncomingMessage, origin: string): Promise<Reply | undefined> {
    const { url = '/', method = 'GET' } = request;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    try {
      if (this.#oidc.serves(path)) return await this.#oidc.answer(request, path, query);
      if (path === registryPaths.cadc) return await this.#registry.answer(method, 'cadc', origin);
      if (path === registryPaths.srcnet)
        return await this.#registry.answer(method, 'srcnet', origin);
      const document = registryDocument(method, path, origin);
      if (document !== undefined) return document;
      const service = /^\/(cred|ac)(\/.*)$/.exec(path);
      if (service === null) return undefined;
      const [, name = '', rest = ''] = service;
      return name === 'cred'
        ? await this.#credentials.answer(request, rest, query, origin)
        : await this.#logins.answer(request, rest, query, origin);
    } catch (error) {
      if (error instanceof BodyError) return handled(error.status, error.message);
      throw error;
    }
  }

  /** Scheme, host and port of the platform. */
  get origin(): string {
    return this.#origin;
  }

  /** Issuer of the OIDC provider. */
  get issuer(): string {
    return this.#oidc.issuer;
  }

  passwordFile(user: string): string | undefined {
    return this.accounts.passwordFile(user);
  }

  /** The user of a token of the login service or the OIDC provider. */
  byToken(token: string): BearerProof | { readonly fault: string } {
    if (!LoginTokens.isLoginToken(token)) {
      const claims = this.#keyring.unseal(token);
      return claims === undefined ? 'unknown' : this.#store.checkAccessToken(claims.jti);
    }
    const proof = this.loginTokens.check(token);
    return typeof proof === 'string' ? { fault: proof } : this.#known(proof);
  }

  /** The user of a `CADC_SSO` cookie. The real service repeats an invalid one; we do not. */
  byCookie(value: string): { readonly user: string } | { readonly fault: string } {
    const proof = this.loginTokens.check(value);
    const known = typeof proof === 'string' ? 'unknown' : this.#known(proof);
    return typeof known === 'string' ? { fault: 'invalid cookie: Bad token.' } : known;
  }

  #known(proof: { readonly user: string }): BearerProof {
    return this.accounts.has(proof.user) ? proof : 'unknown';
  }

  /** The part that a caller of {@link startPlatform} gets. */
  get handle(): PlatformIdentity {
    const services = this;
    return {
      controls: services.controls,
      approveDevice: (userCode, user) => services.#oidc.approveDevice(userCode, user),
      refuseDevice: (userCode) => services.#oidc.refuseDevice(userCode),
      get issuer() {
        return services.#oidc.issuer;
      },
      get registry() {
        return `${services.#origin}${registryPaths.cadc}`;
      },
      get srcnetRegistry() {
        return `${services.#origin}${registryPaths.srcnet}`;
      },
      get pendingDevices() {
        return services.#store.pendingUserCodes();
      },
    };
  }
}
