import type { EnclosedCommand } from '../confinement.js';
import type { LimitPlan } from '../limits/types.js';
import type { StartOrder } from '../processes/spawn.js';
import { packVariables } from '../processes/variables.js';

/** What is started under a supervisor. */
export interface Supervised {
  /** The supervisor's script. */
  readonly script: string;
  /** Directory of the run's state. */
  readonly state: string;
  /** The session's id, which its processes are known by. */
  readonly id: string;
  readonly enclosed: EnclosedCommand;
  readonly command: readonly string[];
  /** The most processes it may have; undefined when they are not counted here. */
  readonly most: number | undefined;
  readonly limits: LimitPlan;
}

/**
 * What a supervisor starts for a session. What stands around the session gets a fixed environment; of
 * the user's it has only words that it hands on.
 */
export async function enclosedOrder(
  what: Omit<Supervised, 'script' | 'state' | 'limits'>,
): Promise<StartOrder> {
  const { enclosed, id } = what;
  const { environment, word } = await packVariables(enclosed.environment, what.command[0]);
  const path = enclosed.environment['PATH'] ?? '';
  const start = [String(what.most ?? 'any'), enclosed.home, path, word, ...what.command];
  return {
    words: [...enclosed.words, ...start],
    environment: { skaha_sessionid: id, ...environment },
  };
}

/** How a session is started with a supervisor of its own over it. */
export async function supervised(what: Supervised): Promise<StartOrder> {
  const { words, environment } = await enclosedOrder(what);
  return {
    words: [
      ...(what.enclosed.before ?? []),
      '/bin/sh',
      what.script,
      what.state,
      linesOf(what.limits),
      ...words,
    ],
    environment,
  };
}

/** What the supervisor must do for the limits to hold. */
const linesOf = ({ join: groups, ulimits }: LimitPlan): string =>
  [...groups, ...ulimits.map((pair) => pair.join(' '))].join('\n');
