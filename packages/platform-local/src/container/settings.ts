import type { Mount } from '../mounts.js';

/** When an image is pulled: if it is not on this machine, before every session, or not at all. */
export type PullPolicy = 'missing' | 'always' | 'never';

/** How sessions are run in containers. */
export interface ContainerSettings {
  /** Path of the engine's socket; found when it is left out. */
  readonly socket?: string | undefined;
  /** Network of sessions that are not cut off from it; the engine's own default when left out. */
  readonly network?: string | undefined;
  /** @default 'missing' */
  readonly pull?: PullPolicy | undefined;
  /** What every session finds besides its home, projects and scratch space. */
  readonly mounts?: readonly Mount[] | undefined;
}
