import { setTimeout as pause } from 'node:timers/promises';

/** A pause by this machine's clock: a process takes its own time, whatever clock the platform goes by. */
export const ownTime = (milliseconds: number, signal: AbortSignal) =>
  pause(milliseconds, undefined, { signal }).catch(() => undefined);
