import type { KnownSessionKind } from '@skaha/wire/kinds.js';

/** How the page of a kind is reached (Skaha API, kinds). */
export interface PageKind {
  /** The name of the kind in addresses. */
  readonly segment: string;
  /** The port on which an image with a network of its own listens. */
  readonly port: number;
  /** Whether the session sees the whole path, or only what comes after its own address. */
  readonly keepsPath: boolean;
}

const pageKinds: ReadonlyMap<KnownSessionKind, PageKind> = new Map([
  ['notebook', { segment: 'notebook', port: 8888, keepsPath: true }],
  ['desktop', { segment: 'desktop', port: 6901, keepsPath: false }],
  ['carta', { segment: 'carta', port: 6901, keepsPath: true }],
  ['contributed', { segment: 'contrib', port: 5000, keepsPath: false }],
  ['firefly', { segment: 'firefly', port: 8080, keepsPath: true }],
]);

/** How the page of this kind is reached; undefined for kinds without one. */
export const pageKind = (kind: KnownSessionKind): PageKind | undefined => pageKinds.get(kind);

/** The names of kinds in the addresses of pages. */
export const pageSegments: readonly string[] = [...pageKinds.values()].map(
  ({ segment }) => segment,
);
