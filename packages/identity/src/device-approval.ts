import { systemClock } from '@skaha/base/clock.js';
import type { Provider } from 'oidc-provider';

/** A device login that waits for approval. */
export interface PendingDevice {
  /** As the program shows it, for example `BCDF-GHJK`. */
  readonly userCode: string;
  readonly client: string;
  readonly scopes: readonly string[];
}

type DeviceCode = NonNullable<Awaited<ReturnType<Provider['DeviceCode']['findByUserCode']>>>;

/** Finds, approves and refuses device logins (RFC 8628) by their user codes. */
export class DeviceApproval {
  readonly #provider: Provider;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** The pending login with this user code, if any. Case, blanks and hyphens are ignored. */
  async find(userCode: string): Promise<PendingDevice | undefined> {
    const code = await this.#pending(userCode);
    if (code === undefined) return undefined;
    const client = await this.#provider.Client.find(code.clientId ?? '');
    if (client === undefined) return undefined;
    return {
      userCode: spelled(code.userCode),
      client: client.clientName ?? client.clientId,
      scopes: scopesOf(code),
    };
  }

  /** Approves a login as `user`; false if it is no longer pending. */
  async approve(userCode: string, user: string): Promise<boolean> {
    const code = await this.#pending(userCode);
    if (code === undefined) return false;
    const scope = scopesOf(code).join(' ');
    const grant = new this.#provider.Grant({ accountId: user, clientId: code.clientId ?? '' });
    grant.addOIDCScope(scope);
    const grantId = await grant.save();
    // A user may answer twice at the same time: the first answer counts.
    if ((await this.#pending(userCode)) === undefined) return false;
    // In the time of the machine, like all times of the library; see `OidcStore`.
    const authTime = Math.floor(systemClock.now() / 1000);
    Object.assign(code, { accountId: user, grantId, scope, authTime, acr: '0', amr: ['pwd'] });
    await code.save();
    return true;
  }

  /** Refuses a login; false if it is no longer pending. */
  async refuse(userCode: string): Promise<boolean> {
    const code = await this.#pending(userCode);
    if (code === undefined) return false;
    Object.assign(code, { error: 'access_denied', errorDescription: 'The user refused' });
    await code.save();
    return true;
  }

  async #pending(userCode: string): Promise<DeviceCode | undefined> {
    const normal = userCode.toUpperCase().replace(/[^A-Z]/g, '');
    const code = await this.#provider.DeviceCode.findByUserCode(normal);
    return code === undefined || code.accountId !== undefined || code.error !== undefined
      ? undefined
      : code;
  }
}

const spelled = (normal: string): string => `${normal.slice(0, 4)}-${normal.slice(4)}`;

function scopesOf(code: DeviceCode): string[] {
  const scope = code.params?.['scope'];
  return typeof scope === 'string' ? scope.split(' ').filter((part) => part !== '') : ['openid'];
}
