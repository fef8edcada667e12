import type { Enclosed } from './enclosure.js';
import type { LimitPlan } from './limits/types.js';
import type { Order } from './order.js';
import { carry } from './variables.js';

/** What is started under a supervisor. */
export interface Supervised {
  /** The supervisor's script. */
  readonly script: string;
  /** Directory of the run's state. */
  readonly state: string;
  /** The session's id, which its processes are known by. */
  readonly id: string;
  readonly enclosed: Enclosed;
  readonly command: readonly string[];
  /** The most processes it may have; undefined when they are not counted here. */
  readonly most: number | undefined;
  readonly limits: LimitPlan;
}

/**
 * How a session is started with a supervisor over it. What stands around the session gets a fixed
 * environment; of the user's it has only words that it hands on.
 */
export async function supervised(what: Supervised): Promise<Order> {
  const { enclosed, script, state, id } = what;
  const { environment, word } = await carry(enclosed.environment);
  const path = enclosed.environment['PATH'] ?? '';
  const start = [String(what.most ?? 'any'), enclosed.home, path, word, ...what.command];
  return {
    words: [
      ...(enclosed.before ?? []),
      '/bin/sh',
      script,
      state,
      linesOf(what.limits),
      ...enclosed.words,
      ...start,
    ],
    environment: { skaha_sessionid: id, ...environment },
  };
}

/** What the supervisor must do for the limits to hold. */
const linesOf = ({ join: groups, ulimits }: LimitPlan): string =>
  [...groups, ...ulimits.map((pair) => pair.join(' '))].join('\n');
