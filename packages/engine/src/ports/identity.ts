import type { IncomingMessage } from 'node:http';
import type { Reply } from '@skaha/service/reply.js';

/** A user with what the programs in their sessions prove themselves by. */
export interface KnownUser {
  readonly name: string;
  /** Bearer token; a secret. */
  readonly token: string;
  /** Path of one PEM file with certificate, key and authority. */
  readonly certificate: string;
}

/** What is known of a user besides the name. */
export interface UserFacts {
  readonly uid: number;
  /** The number of the user's own group; that of the user where it is left out. */
  readonly gid?: number | undefined;
  readonly groups: readonly number[];
  /** Groups that only the storage knows. */
  readonly groupNames?: readonly string[] | undefined;
  /** Whether this user belongs to the group that may use the platform. */
  readonly access: boolean;
}

/** Whom something proves. */
export interface Proof {
  readonly user: string;
}

/** Why something proves nobody, without the secret itself. */
export interface NoProof {
  readonly fault: string;
}

/** What the platform says about the ways to log in to it. */
export interface Advertised {
  /** Security methods on offer, without their common beginning. */
  readonly methods: readonly string[];
  /** Scheme, host and port in the document, in place of the platform's own. */
  readonly origin: string | undefined;
  /** Sent in place of the document. */
  readonly document: string | undefined;
}

/** Whom a bearer token proves, or why nobody. */
export type TokenProof = Proof | NoProof | 'expired' | 'unknown';

/** Who the users are, and whom a credential proves: all that the engine knows of identity. */
export interface Identity {
  /** Those whom the platform itself has given credentials, the main user first. */
  readonly users: readonly KnownUser[];
  /** All who are known, the main user first; others may come to be known. */
  readonly names: readonly string[];
  /** Issuer of the tokens that are accepted. */
  readonly issuer: string;
  readonly advertised: Advertised;
  /**
   * The `WWW-Authenticate` headers: how a caller can prove who they are.
   *
   * @param origin - scheme, host and port as the caller sees them
   */
  challenges(origin: string): readonly string[];
  about(user: string): UserFacts | undefined;
  /** Whom a client certificate (DER) proves. */
  byCertificate(raw: Buffer): Proof | NoProof;
  /**
   * Whom a bearer token proves.
   *
   * @param now - milliseconds since the epoch
   * @throws when that cannot be found out now, with the reason as its message
   */
  byToken(token: string, now: number): Promise<TokenProof>;
  /** Whom the value of a login cookie proves. */
  byCookie(value: string): Proof | NoProof;
  /** A token by which the platform itself acts for a user; undefined for nobody it knows. */
  tokenFor(user: string): string | undefined;
  /**
   * Answers a request for a service of the provider's own under the same address; nothing when it is
   * for none of them.
   *
   * @param origin - scheme, host and port as the caller sees them
   */
  answer(request: IncomingMessage, origin: string): Promise<Reply | undefined>;
}
