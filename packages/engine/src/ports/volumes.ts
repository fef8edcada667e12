/** Storage that a session works with, named by what it is; a runner knows what that is where it runs. */
export type Volume =
  /** The home of a user: there a session begins. */
  | { readonly kind: 'home'; readonly user: string }
  /** What the users of a project share. */
  | { readonly kind: 'project'; readonly name: string }
  /** A session's own for its time, empty at its beginning and emptied at its end. */
  | { readonly kind: 'scratch'; readonly key: string }
  /** Where a desktop leaves what its apps need to draw on it: one for all that have this id. */
  | { readonly kind: 'display'; readonly id: string };

/** The places at which sessions find their volumes. */
export interface Volumes {
  /**
   * Where a session finds a volume: an absolute path as the session sees it.
   */
  placeOf(volume: Volume): string;
}

/** Where the Skaha API has the volumes of sessions that have a place of their own for each. */
export function placeInside(volume: Volume): string {
  switch (volume.kind) {
    case 'home':
      return `/arc/home/${volume.user}`;
    case 'project':
      return `/arc/projects/${volume.name}`;
    case 'scratch':
      return '/scratch';
    case 'display':
      // Where X servers and programs look for each other.
      return '/tmp/.X11-unix';
  }
}
