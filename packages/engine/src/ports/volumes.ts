/** Storage of a session, named by its purpose; a runner knows where it is. */
export type Volume =
  /** The home of a user, in which its sessions start. */
  | { readonly kind: 'home'; readonly user: string }
  /** The folder that the users of a project share. */
  | { readonly kind: 'project'; readonly name: string }
  /** Scratch space of a session, empty at its start and deleted at its end. */
  | { readonly kind: 'scratch'; readonly key: string }
  /** The directory that a desktop shares with its apps; one for each id of a desktop. */
  | { readonly kind: 'display'; readonly id: string };

/** The paths of volumes in sessions. */
export interface Volumes {
  /** The path of a volume: absolute, as the session sees it. */
  placeOf(volume: Volume): string;
}

/** The paths of volumes in the Skaha API, for sessions with their own file system. */
export function placeInside(volume: Volume): string {
  switch (volume.kind) {
    case 'home':
      return `/arc/home/${volume.user}`;
    case 'project':
      return `/arc/projects/${volume.name}`;
    case 'scratch':
      return '/scratch';
    case 'display':
      // Where X servers and their clients look for each other's sockets.
      return '/tmp/.X11-unix';
  }
}
