import type { DataLayout } from '@skaha/service/data.js';
import type { Access } from './attributes.js';
import type { Path } from './paths.js';

/** The caller: a user of the platform, or anonymous. */
export interface Caller {
  readonly user: string | undefined;
}

/** The users, groups and projects of a platform. */
export interface Membership {
  /** The main user first; more may be added later. */
  users(): readonly string[];
  knows(user: string): boolean;
  /** Names and numbers of groups; none for an unknown user. */
  groupsOf(user: string): readonly string[];
  readonly projects: readonly {
    readonly name: string;
    readonly users?: readonly string[] | undefined;
  }[];
}

/** The beginning of the identifiers of all groups. */
const groupPrefix = 'ivo://cadc.nrc.ca/gms?';

/** The folders of the root. */
export const tops = ['home', 'projects'] as const;

const nobody: Access = {
  owner: '',
  isPublic: false,
  groupRead: [],
  groupWrite: [],
  inherit: false,
  locked: false,
};

/** Access to the root and the folders directly below it: owned by nobody, open to everybody. */
export const topAccess: Access = { ...nobody, isPublic: true };

/**
 * The homes and projects of a platform, and who belongs to which group. There is a group for each
 * project, and one for each name or number in the groups of users.
 */
export class Spaces {
  readonly #people: Omit<Membership, 'projects'>;
  readonly #projects: ReadonlyMap<string, readonly string[] | undefined>;

  constructor({ projects, ...people }: Membership) {
    this.#people = people;
    this.#projects = new Map(projects.map((project) => [project.name, project.users]));
  }

  /** Names of all homes or projects. */
  names(top: string): string[] {
    return top === 'home' ? [...this.#people.users()] : [...this.#projects.keys()];
  }

  /** Whether a home or project exists. */
  has(top: string, name: string): boolean {
    return top === 'home' ? this.#people.knows(name) : this.#projects.has(name);
  }

  /** Where a space is on the disk. */
  place(layout: DataLayout, [top = '', name = '']: Path): string {
    return top === 'home' ? layout.home(name) : layout.project(name);
  }

  /** Default permissions of a home or a project. */
  access(top: string, name: string): Access {
    if (top === 'home') return { ...nobody, owner: name };
    const group = [`${groupPrefix}${name}`];
    const owner = this.#projects.get(name)?.[0] ?? this.#people.users()[0] ?? '';
    return { ...nobody, owner, groupRead: group, groupWrite: group, inherit: true };
  }

  isMember(user: string, group: string): boolean {
    if (!group.startsWith(groupPrefix)) return false;
    const name = group.slice(groupPrefix.length);
    if (!this.#people.knows(user)) return false;
    if (this.#people.groupsOf(user).includes(name)) return true;
    if (!this.#projects.has(name)) return false;
    const members = this.#projects.get(name);
    return members === undefined || members.includes(user);
  }

  mayRead({ user }: Caller, access: Access): boolean {
    if (access.isPublic) return true;
    if (user === undefined) return false;
    return (
      access.owner === user ||
      [...access.groupRead, ...access.groupWrite].some((group) => this.isMember(user, group))
    );
  }

  mayWrite({ user }: Caller, access: Access): boolean {
    if (user === undefined) return false;
    return access.owner === user || access.groupWrite.some((group) => this.isMember(user, group));
  }
}

/** Default permissions of something that a session created in a folder. */
export const inherited = (folder: Access): Access =>
  folder.inherit ? { ...folder, locked: false } : { ...nobody, owner: folder.owner };

/** Permissions of something that a user creates in a folder through the service. */
export const created = (folder: Access, user: string): Access => ({
  ...inherited(folder),
  owner: user,
});
