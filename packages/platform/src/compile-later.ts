import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 run functions three times as long as it would before it optimises them. A platform has
 * many functions and runs each of them briefly: to optimise them took 15 % of the processor time of
 * 500 sessions, and most of it came too late to be of use. For a process that does nothing else.
 *
 * @param version - of V8: later ones, from that of Node 22 on, count differently, and complain about
 *   the flag
 */
export function compileLater(version = process.versions.v8): void {
  if (Number.parseInt(version, 10) < 12) setFlagsFromString('--interrupt-budget=400000');
}
