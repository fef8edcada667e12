import type { KnownSessionKind } from '@skaha/wire/kinds.js';

/** How the page of a kind is reached (Skaha API, kinds). */
export interface PageKind {
  /** The word of the kind in addresses. */
  readonly segment: string;
  /** Where an image listens that has a network of its own. */
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

/** The words of addresses that lead to pages. */
export const pageSegments: readonly string[] = [...pageKinds.values()].map(
  ({ segment }) => segment,
);
