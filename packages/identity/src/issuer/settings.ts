/** Which tokens of a site's own identity provider are accepted, and what is read in them. */
export interface IssuerSettings {
  /** The issuer's name, exactly as its tokens and its metadata have it. */
  readonly issuer: string;
  /** Path of the authorities that prove it (PEM); those of the system where it is left out. */
  readonly ca: string | undefined;
  /** For whom tokens must be made: one of these; or for anybody. */
  readonly audience: readonly string[] | 'any';
  /** Algorithms of signatures that are accepted. */
  readonly algorithms: readonly string[];
  /** Names of claims. A dot leads into an object. */
  readonly claims: {
    readonly user: string;
    readonly uid: string | undefined;
    readonly gid: string | undefined;
    readonly groups: string | undefined;
  };
  /** Numbers of groups, by the names that the issuer has for them. */
  readonly groupNumbers: Readonly<Record<string, number>>;
  /** Groups of which one is needed to use the platform; none: everybody may. */
  readonly access: readonly string[];
  /** The number of the first user for whom the issuer gives none. */
  readonly firstUid: number;
}

/** A user whom the configuration names besides the issuer: what it says counts more than claims. */
export interface IssuerUser {
  readonly name: string;
  /** Who that is at the issuer: `sub` of the tokens. */
  readonly subject: string | undefined;
  readonly uid: number | undefined;
  readonly groups: readonly number[];
  readonly groupNames: readonly string[];
  readonly access: boolean;
}
