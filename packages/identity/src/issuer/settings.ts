/** Which tokens of a site's own identity provider are accepted, and how their claims are used. */
export interface IssuerSettings {
  /** The issuer, exactly as in its tokens and metadata. */
  readonly issuer: string;
  /** Path of the authorities to trust (PEM); by default those of the system. */
  readonly ca: string | undefined;
  /** The accepted audiences. */
  readonly audience: readonly string[] | 'any';
  /** The accepted signature algorithms. */
  readonly algorithms: readonly string[];
  /** Names of claims. A dot leads into an object. */
  readonly claims: {
    readonly user: string;
    readonly uid: string | undefined;
    readonly gid: string | undefined;
    readonly groups: string | undefined;
  };
  /** Numbers of groups, by their names at the issuer. */
  readonly groupNumbers: Readonly<Record<string, number>>;
  /** Users need to be in one of these groups; if there are none, everybody may use the platform. */
  readonly access: readonly string[];
  /** The number of the first user without one from the issuer. */
  readonly firstUid: number;
}

/** A user of the issuer in the configuration, which overrides claims. */
export interface IssuerUser {
  readonly name: string;
  /** The user's `sub` in tokens of the issuer. */
  readonly subject: string | undefined;
  readonly uid: number | undefined;
  readonly groups: readonly number[];
  readonly groupNames: readonly string[];
  readonly access: boolean;
}
