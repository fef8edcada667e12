import { systemClock } from '@skaha/base/clock.js';
import type { Provider } from 'oidc-provider';

/** A device login that waits for its user. */
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

  /** The login with this user code, if it still waits. Case, blanks and hyphens do not matter. */
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

  /** Lets the program in as `user`; false when the code waits no more. */
  async approve(userCode: string, user: string): Promise<boolean> {
    const code = await this.#pending(userCode);
    if (code === undefined) return false;
    const scope = scopesOf(code).join(' ');
    const grant = new this.#provider.Grant({ accountId: user, clientId: code.clientId ?? '' });
    grant.addOIDCScope(scope);
    const grantId = await grant.save();
    // A user may answer twice at once: the first answer counts.
    if ((await this.#pending(userCode)) === undefined) return false;
    // In the time of the machine, as the library has all of its times; see `OidcStore`.
    const authTime = Math.floor(systemClock.now() / 1000);
    Object.assign(code, { accountId: user, grantId, scope, authTime, acr: '0', amr: ['pwd'] });
    await code.save();
    return true;
  }

  /** Turns the program away; false when the code waits no more. */
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
