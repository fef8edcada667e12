import type { CallOptions } from './client/options.js';
import { ClientPart, coreOf } from './client/source.js';
import { type Availability, readAvailability } from './models/availability.js';
import { type Capability, readCapabilities } from './models/capabilities.js';

/** A longer document is not one of these (VOSI). */
const maximumBytes = 2 ** 20;

/** What a server reports about itself without a login (IVOA Support Interfaces, VOSI). */
export class Overview extends ClientPart {
  /**
   * Returns whether the platform is available, without sending a credential.
   *
   * @param options - signal and timeout
   * @returns whether it is, its note and its times
   * @throws {SkahaError} `response.invalid` if the server sends anything else, and the codes of
   *   every call
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * const { available, note } = await skaha.overview.availability();
   * console.log(available, note);
   * ```
   */
  async availability(options: CallOptions = {}): Promise<Availability> {
    return readAvailability(await this.#document('availability', options));
  }

  /**
   * Lists the versions of the session API that the server offers, and the credentials that each
   * accepts, without sending a credential.
   *
   * @param options - signal and timeout
   * @returns the newest version first
   * @throws {SkahaError} `response.invalid` if the server sends anything else, and the codes of
   *   every call
   */
  async capabilities(options: CallOptions = {}): Promise<Capability[]> {
    return readCapabilities(await this.#document('capabilities', options));
  }

  async #document(name: string, { signal, timeoutMs }: CallOptions): Promise<string> {
    const reply = await coreOf(this).request({
      method: 'GET',
      path: [name],
      base: 'root',
      anonymous: true,
      accept: 'application/xml, text/xml',
      maximumBytes,
      signal,
      timeoutMs,
    });
    return reply.text();
  }
}
