import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import type { Mount } from '../ports/runner.js';

/** Where X servers and programs look for each other. */
const usualPlace = '/tmp/.X11-unix';

/** Where a desktop and its apps meet. */
export interface Display {
  /** As the session sees it. */
  readonly path: string;
  readonly mounts: readonly Mount[];
}

/**
 * The place where a desktop leaves what its apps need to draw on it: its socket, and what proves
 * that they may.
 *
 * @param directory - on this machine
 * @param hasMounts - whether sessions have places of their own for directories of this machine
 */
export function displayFor(kind: KnownSessionKind, directory: string, hasMounts: boolean): Display {
  const shares = kind === 'desktop' || kind === 'desktop-app';
  if (!shares || !hasMounts) return { path: directory, mounts: [] };
  return { path: usualPlace, mounts: [{ source: directory, target: usualPlace }] };
}
