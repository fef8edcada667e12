import type { IncomingMessage } from 'node:http';
import type { Reply } from '@skaha/service/reply.js';

/** A user, with the credentials for programs in their sessions. */
export interface KnownUser {
  readonly name: string;
  /** Bearer token; a secret. */
  readonly token: string;
  /** Path of one PEM file with certificate, key and authority. */
  readonly certificate: string;
}

/** What is known about a user besides the name. */
export interface UserFacts {
  readonly uid: number;
  /** The number of the user's own group; by default that of the user. */
  readonly gid?: number | undefined;
  readonly groups: readonly number[];
  /** Groups that only the storage knows. */
  readonly groupNames?: readonly string[] | undefined;
  /** Whether this user belongs to the group that may use the platform. */
  readonly access: boolean;
}

/** The user that a credential proves. */
export interface Proof {
  readonly user: string;
}

/** Why a credential proves nobody, without the credential itself. */
export interface NoProof {
  readonly fault: string;
}

/** What the platform announces about ways to log in. */
export interface Advertised {
  /** Security methods that are offered, without their common prefix. */
  readonly methods: readonly string[];
  /** Scheme, host and port in the document, instead of the platform's own. */
  readonly origin: string | undefined;
  /** Sent instead of the document. */
  readonly document: string | undefined;
}

/** The user that a bearer token proves, or why it proves nobody. */
export type TokenProof = Proof | NoProof | 'expired' | 'unknown';

/** The users, and what their credentials prove: all that the engine knows about identity. */
export interface Identity {
  /** Users with credentials from the platform itself, the main user first. */
  readonly users: readonly KnownUser[];
  /** All known users, the main user first; more may be added later. */
  readonly names: readonly string[];
  /** Issuer of the accepted tokens. */
  readonly issuer: string;
  readonly advertised: Advertised;
  /**
   * The `WWW-Authenticate` headers: how a caller can authenticate.
   *
   * @param origin - scheme, host and port as the caller sees them
   */
  challenges(origin: string): readonly string[];
  about(user: string): UserFacts | undefined;
  /** The user that a client certificate (DER) proves. */
  byCertificate(raw: Buffer): Proof | NoProof;
  /**
   * The user that a bearer token proves.
   *
   * @param now - milliseconds since the epoch
   * @throws an error with the reason if that cannot be found out at the moment
   */
  byToken(token: string, now: number): Promise<TokenProof>;
  /** The user that the value of a login cookie proves. */
  byCookie(value: string): Proof | NoProof;
  /** A token with which the platform itself acts for a user; undefined for an unknown user. */
  tokenFor(user: string): string | undefined;
  /**
   * Answers a request for one of the provider's own services at the same address; undefined if it
   * is for something else.
   *
   * @param origin - scheme, host and port as the caller sees them
   */
  answer(request: IncomingMessage, origin: string): Promise<Reply | undefined>;
}
