import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Reply } from '@skaha/service/reply.js';
import { createControls, type IdentityControls } from '../controls.js';
import { Registry, type RegistryAudience, registryPaths } from '../registry.js';
import type { PlatformIdentity, ProvingServices } from '../services.js';
import { Issuer, TokenRefused } from './issuer.js';
import { Members, type MembersOptions } from './members.js';

/** What these services work with. */
export interface IssuerOptions extends MembersOptions {
  /** Names of the storage service in the registries. */
  readonly storage: Readonly<Record<RegistryAudience, string>>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Identity by a site's own OIDC issuer, in place of the stand-in: nothing of that one is started or
 * announced. What stays is the registry document that leads programs here.
 */
export class IssuerServices implements ProvingServices {
  readonly members: Members;
  readonly controls: IdentityControls = createControls();
  readonly #issuer: Issuer;
  readonly #name: string;
  readonly #registry: Registry;
  #origin = 'https://127.0.0.1';

  private constructor(issuer: Issuer, options: IssuerOptions) {
    this.#issuer = issuer;
    this.#name = options.settings.issuer;
    this.members = new Members(options);
    this.#registry = new Registry(this.controls.registry, options.storage, options.clock, []);
  }

  /**
   * Asks the issuer for what is needed to check its tokens.
   *
   * @throws {PlatformError} `platform.start_failed` when it cannot be used
   */
  static async open(options: IssuerOptions): Promise<IssuerServices> {
    const { settings, clock, signal } = options;
    return new IssuerServices(await Issuer.open(settings, clock.now(), signal), options);
  }

  /**
   * Whom a token of the issuer proves.
   *
   * @param now - milliseconds since the epoch
   * @throws {IssuerFault} when the issuer cannot be asked
   */
  async byToken(
    token: string,
    now: number,
  ): Promise<{ readonly user: string } | { readonly fault: string } | 'expired' | 'unknown'> {
    try {
      return { user: this.members.welcome(await this.#issuer.check(token, now)) };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return error.kind === 'refused' ? { fault: error.message } : error.kind;
    }
  }

  async answer(request: IncomingMessage, origin: string): Promise<Reply | undefined> {
    const { url = '/', method = 'GET' } = request;
    if (url !== registryPaths.srcnet) return undefined;
    return await this.#registry.answer(method, 'srcnet', origin);
  }

  locate(origin: string): void {
    this.#origin = origin;
  }

  get origin(): string {
    return this.#origin;
  }

  get issuer(): string {
    return this.#name;
  }

  /** Passwords are the issuer's. */
  passwordFile(): undefined {
    return undefined;
  }

  get handle(): PlatformIdentity {
    const registry = `${this.#origin}${registryPaths.srcnet}`;
    return {
      issuer: this.#name,
      controls: this.controls,
      pendingDevices: [],
      registry,
      srcnetRegistry: registry,
      approveDevice: async () => false,
      refuseDevice: async () => false,
    };
  }
}
