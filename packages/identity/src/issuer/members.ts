import type Database from 'libsql';
import type { UserSettings } from '../identities.js';
import { userNamePattern } from '../user-names.js';
import { type Claims, claimAt, TokenRefused } from './issuer.js';
import type { IssuerSettings, IssuerUser } from './settings.js';

const schema = `
  CREATE TABLE IF NOT EXISTS members (
    name TEXT PRIMARY KEY,
    subject TEXT NOT NULL UNIQUE,
    facts TEXT NOT NULL
  );
`;

const highestNumber = 2 ** 31 - 2;

/** What a user's latest claims said. */
interface Facts {
  readonly uid: number;
  readonly gid: number | undefined;
  readonly groups: readonly number[];
  readonly groupNames: readonly string[];
}

interface Row {
  readonly name: string;
  readonly subject: string;
  readonly facts: string;
}

interface Member {
  readonly subject: string;
  readonly facts: Facts;
}

/** What members need. */
export interface MembersOptions {
  readonly database: Database.Database;
  readonly settings: IssuerSettings;
  /** Users in the configuration. */
  readonly configured: readonly IssuerUser[];
  /** Names of the platform's own users, which only configured users may have. */
  readonly reserved: readonly string[];
}

/**
 * The users of an issuer. A name belongs to the `sub` that used it first: names can be changed at
 * many issuers, and nobody must get access to what belongs to another user here.
 */
export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  readonly #configured: ReadonlyMap<string, IssuerUser>;
  readonly #save: Database.Statement;
  #nextUid: number;

  constructor(options: MembersOptions) {
    this.#options = options;
    const { database, configured, settings } = options;
    this.#configured = new Map(configured.map((user) => [user.name, user]));
    database.exec(schema);
    this.#nextUid = settings.firstUid;
    for (const row of database.prepare('SELECT name, subject, facts FROM members').all() as Row[]) {
      const facts = factsOf(row);
      if (facts === undefined) continue;
      this.#members.set(row.name, { subject: row.subject, facts });
      if (facts.uid >= settings.firstUid) this.#nextUid = Math.max(this.#nextUid, facts.uid + 1);
    }
    this.#save = database.prepare('INSERT OR REPLACE INTO members VALUES (?, ?, ?)');
  }

  /** The names of all known users. */
  get names(): readonly string[] {
    return [...new Set([...this.#members.keys(), ...this.#configured.keys()])];
  }

  /** What is known about a user. */
  about(name: string): UserSettings | undefined {
    const facts = this.#members.get(name)?.facts;
    const configured = this.#configured.get(name);
    if (facts === undefined && configured === undefined) return undefined;
    const groupNames = [
      ...new Set([...(facts?.groupNames ?? []), ...(configured?.groupNames ?? [])]),
    ];
    const { access } = this.#options.settings;
    return {
      name,
      uid: configured?.uid ?? facts?.uid ?? 0,
      gid: facts?.gid,
      groups: [...new Set([...(facts?.groups ?? []), ...(configured?.groups ?? [])])],
      groupNames,
      access:
        (configured?.access ?? true) &&
        (access.length === 0 || access.some((group) => groupNames.includes(group))),
    };
  }

  /**
   * The user of verified claims, whose content is stored.
   *
   * @throws {TokenRefused} if the name is not valid here, or belongs to another user
   */
  welcome(claims: Claims): string {
    const { settings } = this.#options;
    const { sub } = claims;
    const name =
      [...this.#configured.values()].find(({ subject }) => subject === sub)?.name ??
      this.#nameOf(claims);
    const known = this.#members.get(name);
    const owner = this.#configured.get(name)?.subject ?? known?.subject;
    const isReserved = owner === undefined && this.#options.reserved.includes(name);
    if ((owner !== undefined && owner !== sub) || isReserved) {
      throw new TokenRefused(`Token names the user ${name}, who is somebody else on this platform`);
    }
    const facts = this.#read(claims, name, known?.facts);
    if (known?.subject !== sub || JSON.stringify(known.facts) !== JSON.stringify(facts)) {
      this.#save.run(name, sub, JSON.stringify(facts));
      this.#members.set(name, { subject: sub, facts });
    }
    if (facts.uid === this.#nextUid && facts.uid >= settings.firstUid) this.#nextUid += 1;
    return name;
  }

  #nameOf(claims: Claims): string {
    const { claims: names } = this.#options.settings;
    const name = claimAt(claims, names.user);
    if (typeof name === 'string' && userNamePattern.test(name)) return name;
    throw new TokenRefused(
      `The claim ${names.user} of the token is not a valid user name for this platform (a-z, 0-9, - and _, up to 32)`,
    );
  }

  #read(claims: Claims, name: string, before: Facts | undefined): Facts {
    const { claims: names, groupNumbers } = this.#options.settings;
    const claimed = names.groups === undefined ? [] : [claimAt(claims, names.groups) ?? []].flat();
    const groups = claimed.flatMap((group) => {
      const number = Object.hasOwn(groupNumbers, String(group))
        ? groupNumbers[String(group)]
        : group;
      return numberIn(number) ?? [];
    });
    return {
      uid:
        numberOf(claims, names.uid) ??
        this.#configured.get(name)?.uid ??
        before?.uid ??
        this.#nextUid,
      gid: numberOf(claims, names.gid),
      groups: [...new Set(groups)],
      // Some issuers write groups as paths.
      groupNames: claimed
        .filter((group) => typeof group === 'string')
        .map((group) => group.replace(/^\//, '')),
    };
  }
}

const numberOf = (claims: Claims, name: string | undefined): number | undefined =>
  name === undefined ? undefined : numberIn(claimAt(claims, name));

/** The number of a user or a group; 0 is never accepted from outside. */
function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' &&
    Number.isInteger(number) &&
    number > 0 &&
    number <= highestNumber
    ? number
    : undefined;
}

function factsOf({ facts }: Row): Facts | undefined {
  try {
    const value = JSON.parse(facts) as Partial<Facts>;
    const uid = numberIn(value.uid);
    if (uid === undefined) return undefined;
    return {
      uid,
      gid: numberIn(value.gid),
      groups: Array.isArray(value.groups) ? value.groups.flatMap((one) => numberIn(one) ?? []) : [],
      groupNames: Array.isArray(value.groupNames) ? value.groupNames.map(String) : [],
    };
  } catch {
    return undefined;
  }
}
