import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Reply } from '@skaha/service/reply.js';
import { createControls, type IdentityControls } from '../controls.js';
import { Registry, type RegistryAudience, registryPaths } from '../registry.js';
import type { PlatformIdentity, ProvingServices } from '../services.js';
import { Issuer, TokenRefused } from './issuer.js';
import { Members, type MembersOptions } from './members.js';

/** What these services need. */
export interface IssuerOptions extends MembersOptions {
  /** Names of the storage service in the registries. */
  readonly storage: Readonly<Record<RegistryAudience, string>>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Identity by a site's own OIDC issuer instead of the stand-in, of which nothing is started or
 * announced, except for the registry document that leads programs here.
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
   * Fetches what is needed to verify tokens of the issuer.
   *
   * @throws {PlatformError} `platform.start_failed` if it cannot be used
   */
  static async open(options: IssuerOptions): Promise<IssuerServices> {
    const { settings, clock, signal } = options;
    return new IssuerServices(await Issuer.open(settings, clock.now(), signal), options);
  }

  /**
   * The user of a token of the issuer.
   *
   * @param now - milliseconds since the epoch
   * @throws {IssuerFault} if the issuer cannot be reached
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

  /** The issuer has the passwords. */
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
