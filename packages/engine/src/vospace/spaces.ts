import type { DataLayout } from '@skaha/service/data.js';
import type { Access } from './attributes.js';
import type { Path } from './paths.js';

/** Who asks: a user of the platform, or nobody in particular. */
export interface Caller {
  readonly user: string | undefined;
}

/** What groups, homes and projects there are. */
export interface Membership {
  /** The main user first; others may come. */
  users(): readonly string[];
  knows(user: string): boolean;
  /** By name or number; none for somebody who is not known. */
  groupsOf(user: string): readonly string[];
  readonly projects: readonly {
    readonly name: string;
    readonly users?: readonly string[] | undefined;
  }[];
}

/** What the names of all groups begin with. */
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

/** The root, and what is directly below it, is nobody's and open to all. */
export const topAccess: Access = { ...nobody, isPublic: true };

/**
 * The homes and projects of a platform, and who belongs to which group. The members of a project are
 * the group of its name; the groups of a user's configuration are groups by name or number.
 */
export class Spaces {
  readonly #people: Omit<Membership, 'projects'>;
  readonly #projects: ReadonlyMap<string, readonly string[] | undefined>;

  constructor({ projects, ...people }: Membership) {
    this.#people = people;
    this.#projects = new Map(projects.map((project) => [project.name, project.users]));
  }

  /** Names of the homes or projects there are. */
  names(top: string): string[] {
    return top === 'home' ? [...this.#people.users()] : [...this.#projects.keys()];
  }

  /** True for the folder of a home or a project that is there. */
  has(top: string, name: string): boolean {
    return top === 'home' ? this.#people.knows(name) : this.#projects.has(name);
  }

  /** Where a space is on the disk. */
  place(layout: DataLayout, [top = '', name = '']: Path): string {
    return top === 'home' ? layout.home(name) : layout.project(name);
  }

  /** Permissions of a home or a project that nobody has set. */
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

/** Permissions of what nobody has set any for, made in a folder by a session. */
export const inherited = (folder: Access): Access =>
  folder.inherit ? { ...folder, locked: false } : { ...nobody, owner: folder.owner };

/** Permissions of what a user makes in a folder through the service. */
export const created = (folder: Access, user: string): Access => ({
  ...inherited(folder),
  owner: user,
});
