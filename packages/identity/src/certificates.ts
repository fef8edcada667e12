import { X509Certificate } from 'node:crypto';
import type { DataLayout } from '@skaha/service/data.js';
import type { CertificateControls } from './controls.js';
import { CredentialAuthority, distinguishedName, subjectOf } from './credential-authority.js';
import { day, timeFault, validFor } from './validity.js';

const minute = 60_000;
const hour = 60 * minute;

/**
 * The certificates of the credential service. Its authority is created with the first one: most
 * platforms never need it, and generating a key of 2048 bits takes long.
 */
export class Certificates {
  readonly #layout: DataLayout;
  readonly #controls: CertificateControls;
  readonly #users: readonly string[];
  #authority: Promise<CredentialAuthority> | undefined;
  #known: CredentialAuthority | undefined;

  private constructor(
    layout: DataLayout,
    controls: CertificateControls,
    users: readonly string[],
    known: CredentialAuthority | undefined,
  ) {
    this.#layout = layout;
    this.#controls = controls;
    this.#users = users;
    this.#known = known;
  }

  /** Finds the authority that an earlier platform on this data directory used. */
  static open(
    layout: DataLayout,
    controls: CertificateControls,
    users: readonly string[],
  ): Certificates {
    return new Certificates(layout, controls, users, CredentialAuthority.find(layout));
  }

  /**
   * Issues a certificate.
   *
   * @param days - how long it is valid, rounded to hours (credential service)
   * @returns PEM: certificate, key, chain
   */
  async issue(user: string, days: number): Promise<string> {
    const { lifetimeSeconds, notYetValid, otherAuthority } = this.#controls;
    const authority = await (otherAuthority ? CredentialAuthority.create() : this.#open());
    const lifetimeMs =
      lifetimeSeconds === undefined ? Math.round(days * 24) * hour : lifetimeSeconds * 1000;
    const timing = notYetValid ? { startsInMs: day, backdatedMs: 0 } : { backdatedMs: 5 * minute };
    return await authority.issue(user, validFor(lifetimeMs, timing));
  }

  async #open(): Promise<CredentialAuthority> {
    this.#authority ??= CredentialAuthority.open(this.#layout);
    this.#known = await this.#authority;
    return this.#known;
  }

  /** The user of a certificate, or why it is invalid; undefined if it is not one of ours. */
  find(raw: Buffer): { user: string } | { fault: string } | undefined {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(raw);
      if (this.#known?.issued(certificate) !== true) return undefined;
    } catch {
      return undefined;
    }
    const fault = timeFault(certificate);
    if (fault !== undefined) return { fault };
    const subject = subjectOf(certificate);
    const user = this.#users.find((name) => distinguishedName(name) === subject);
    return user === undefined ? { fault: 'client certificate names an unknown user' } : { user };
  }
}
