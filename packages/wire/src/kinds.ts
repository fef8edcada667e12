/** The session kinds of the Skaha API. A newer server may know others. */
export const sessionKinds = [
  'notebook',
  'desktop',
  'carta',
  'contributed',
  'firefly',
  'headless',
  'desktop-app',
] as const;

/** A kind this library knows. */
export type KnownSessionKind = (typeof sessionKinds)[number];

/** The kinds that are launched by themselves; a desktop app runs on a desktop. */
export const launchableKinds = sessionKinds.filter((kind) => kind !== 'desktop-app');

/** A kind that this library does not know: `'imaging' as UnlistedKind`. */
export type UnlistedKind = string & { readonly unlistedKind: true };

/**
 * A kind that is asked for: one that the library knows, so that a typo does not compile,
 * or another by an assertion.
 */
export type RequestedKind = KnownSessionKind | UnlistedKind;

/** A session kind; open, so that a newer server's kinds pass through unchanged. */
export type SessionKind = KnownSessionKind | (string & {});

/** The session statuses a v1 server sends (Skaha API, status mapping of 1.0.4 and later). */
export const sessionStatuses = [
  'Pending',
  'Running',
  'Terminating',
  'Completed',
  'Failed',
] as const;

/** A status this library knows. */
export type KnownSessionStatus = (typeof sessionStatuses)[number];

/** A session status; open, so that a newer server's statuses pass through unchanged. */
export type SessionStatus = KnownSessionStatus | (string & {});
