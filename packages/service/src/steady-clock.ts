import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@skaha/base/clock.js';

const steady = ({ ref }: { readonly ref: boolean }): Clock => ({
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await pause(milliseconds, undefined, { ref, signal }).catch(() => signal?.throwIfAborted());
  },
});

/** A clock that only goes forward, whatever the time of the machine is set to. */
export const steadyClock = steady({ ref: true });

/** The same, for pauses that should not keep a process from ending. */
export const backgroundClock = steady({ ref: false });
