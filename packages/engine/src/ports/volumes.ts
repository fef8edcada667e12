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
