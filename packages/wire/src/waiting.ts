// How a caller learns at once that a session has ended: an extension that the local platform has
// (`Prefer: wait=SECONDS`, RFC 7240). Other servers pass over it, and offer nothing.

/** Header of replies: for how many seconds a description may wait for the end of its session. */
export const acceptWaitHeader = 'accept-wait';

/** Header of a request for a description that may wait so. */
export const preferWait = (seconds: number) => ({ prefer: `wait=${seconds}` });

/** For how many seconds a request asks to wait; undefined when it does not. */
export function waitIn(prefer: string | undefined): number | undefined {
  const [, asked] = /(?:^|,)\s*wait=(\d{1,4})\b/.exec(prefer ?? '') ?? [];
  return asked === undefined ? undefined : Number(asked);
}
