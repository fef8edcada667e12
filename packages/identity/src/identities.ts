import { X509Certificate } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';
import { newToken, TokenRegister } from '@skaha/service/tokens.js';
import { isGood, isReadable, type KeyPair } from './authority.js';
import { makeAuthority, makeServerCertificate, makeUserCertificate } from './certificate-maker.js';
import { day, isFromTheFuture, timeFault, validFor } from './validity.js';
import { pemBlock } from './x509.js';

/** A user in the configuration. */
export interface UserSettings {
  readonly name: string;
  readonly uid: number;
  /** The number of the user's own group; by default that of the user. */
  readonly gid?: number | undefined;
  readonly groups: readonly number[];
  /** Groups that only the storage knows. */
  readonly groupNames?: readonly string[] | undefined;
  readonly access: boolean;
  /** Hash of a password chosen in the configuration. */
  readonly password?: string | undefined;
}

/** A user with credentials from the platform. */
export interface PlatformUser {
  readonly name: string;
  /** Bearer token; a secret. */
  readonly token: string;
  /** File that contains only the token; readable only by the owner. */
  readonly tokenFile: string;
  /** PEM file with certificate, key and authority; readable only by the owner. */
  readonly certificate: string;
  /** The user's home directory on this machine. */
  readonly home: string;
  /** File with the generated password; undefined if the configuration sets another. */
  readonly passwordFile?: string | undefined;
}

/**
 * The users of a platform and their credentials: a certificate authority of its own, and a
 * certificate and a token for each user. Everything is in the private part of the data directory
 * and used again by the next platform there.
 */
export class Identities {
  readonly ca: string;
  readonly server: KeyPair;
  readonly users: readonly PlatformUser[];
  readonly #authority: KeyPair;
  readonly #settings: ReadonlyMap<string, UserSettings>;
  readonly #tokens = new TokenRegister();
  readonly #directory: string;

  private constructor(
    layout: DataLayout,
    settings: readonly UserSettings[],
    authority: KeyPair,
    server: KeyPair,
    users: readonly PlatformUser[],
  ) {
    this.ca = authority.certificate;
    this.server = server;
    this.users = users;
    this.#authority = authority;
    this.#settings = new Map(settings.map((user) => [user.name, user]));
    this.#directory = directoryOf(layout);
    for (const { token, name } of users) this.#tokens.add(token, name);
  }

  /**
   * Reads the credentials of a data directory, and replaces those that are missing, expire soon or
   * are not valid yet.
   *
   * @param notify - called if certificates are replaced of which others may have copies
   */
  static async open(
    layout: DataLayout,
    settings: readonly UserSettings[],
    notify: (notice: string) => void = () => undefined,
  ): Promise<Identities> {
    const directory = directoryOf(layout);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const authority = await openAuthority(layout, notify);
    const server = await openPair(
      join(layout.secrets, 'server.pem'),
      authority,
      30 * day,
      async () => await makeServerCertificate(authority, validFor(397 * day)),
    );
    const users = settings.map(({ name }) => openUser(layout, directory, authority, name));
    return new Identities(layout, settings, authority, server, await Promise.all(users));
  }

  settings(user: string): UserSettings | undefined {
    return this.#settings.get(user);
  }

  /** The user of a bearer token, or why there is none. */
  byToken(token: string, now: number): { user: string } | 'unknown' | 'expired' {
    return this.#tokens.find(token, now);
  }

  /** The user of a client certificate, or why it is invalid. */
  byCertificate(raw: Buffer): { user: string } | { fault: string } {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(raw);
      const authority = new X509Certificate(this.ca);
      if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
        return { fault: 'client certificate was not issued by this platform' };
      }
    } catch {
      return { fault: 'client certificate cannot be read' };
    }
    const fault = timeFault(certificate);
    if (fault !== undefined) return { fault };
    const subject = certificate.subject.split('\n').sort().join('\n');
    const user = this.users.find(({ name }) => subjectOf(name) === subject)?.name;
    return user === undefined ? { fault: 'client certificate names an unknown user' } : { user };
  }

  /** Issues another token for a user, which is only in memory. */
  issueToken(user: string, clock: Clock, lifetimeMs: number): string {
    const token = newToken();
    this.#tokens.add(token, user, clock.now() + lifetimeMs);
    return token;
  }

  /** Issues another certificate for a user, and returns the path of its PEM file. */
  async issueCertificate(user: string, lifetimeMs: number): Promise<string> {
    const pair = await makeUserCertificate(this.#authority, user, validFor(lifetimeMs));
    const path = join(this.#directory, `${user}-${newToken().slice(4, 14)}.pem`);
    replaceFileSync(path, pair.certificate + pair.key + this.ca);
    return path;
  }
}

const directoryOf = ({ secrets }: DataLayout): string => join(secrets, 'users');

// `X509Certificate.subject` has a line for each attribute, in the order of the certificate.
const subjectOf = (user: string) =>
  [`CN=${user}`, 'OU=users', 'O=skaha local platform'].sort().join('\n');

async function openAuthority(
  layout: DataLayout,
  notify: (notice: string) => void,
): Promise<KeyPair> {
  const path = join(layout.secrets, 'authority.pem');
  let pair = readPair(path);
  if (pair === undefined || !isGood(pair.certificate, pair.certificate, 400 * day)) {
    if (pair !== undefined && isFromTheFuture(new X509Certificate(pair.certificate)))
      notify(fromTheFuture(layout.ca));
    pair = await makeAuthority(validFor(3650 * day));
    replaceFileSync(path, pair.certificate + pair.key);
  }
  if (readIfPresent(layout.ca) !== pair.certificate) {
    replaceFileSync(layout.ca, pair.certificate, 0o644);
  }
  return pair;
}

const fromTheFuture = (ca: string): string =>
  'The certificates of this platform were made while the clock was ahead, and would not be valid ' +
  `yet. They were made again; a program that keeps a copy of the old authority needs ${ca}.`;

async function openPair(
  path: string,
  authority: KeyPair,
  remainingMs: number,
  create: () => Promise<KeyPair>,
): Promise<KeyPair> {
  const existing = readPair(path);
  if (existing !== undefined && isGood(existing.certificate, authority.certificate, remainingMs))
    return existing;
  const pair = await create();
  replaceFileSync(path, pair.certificate + pair.key + authority.certificate);
  return pair;
}

async function openUser(
  layout: DataLayout,
  directory: string,
  authority: KeyPair,
  name: string,
): Promise<PlatformUser> {
  const tokenFile = join(directory, `${name}.token`);
  const certificate = join(directory, `${name}.pem`);
  let token = readIfPresent(tokenFile)?.trim() ?? '';
  if (token === '') {
    token = newToken();
    replaceFileSync(tokenFile, `${token}\n`);
  }
  // Earlier platforms wrote keys in a format that programs of astronomy ignore.
  if (readIfPresent(certificate)?.includes('BEGIN PRIVATE KEY') === true) rmSync(certificate);
  await openPair(
    certificate,
    authority,
    60 * day,
    async () => await makeUserCertificate(authority, name, validFor(365 * day)),
  );
  const home = layout.home(name);
  mkdirSync(home, { recursive: true });
  return { name, token, tokenFile, certificate, home };
}

/** The certificate and key in a file; undefined if they are missing, damaged or do not match. */
function readPair(path: string): KeyPair | undefined {
  const text = readIfPresent(path) ?? '';
  const certificate = pemBlock(text, 'CERTIFICATE');
  const key = pemBlock(text, 'RSA PRIVATE KEY') ?? pemBlock(text, 'PRIVATE KEY');
  if (certificate === undefined || key === undefined) return undefined;
  return isReadable({ certificate, key }) ? { certificate, key } : undefined;
}
