import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 run functions three times as long as it would before it optimises them. A platform has
 * many functions and runs each of them briefly: to optimise them took 15 % of the processor time of
 * 500 sessions, and most of it came too late to be of use. For a process that does nothing else.
 */
export function compileLater(): void {
  setFlagsFromString('--interrupt-budget=400000');
}
