import type { Run } from '../ports/runner.js';
import type { SessionRecord } from '../sessions/record.js';

/** Of how many sessions is kept what the runner is told of them: two or three kilobytes each. */
const most = 512;

/** What a runner is told of a session, and what that was made of. */
interface Described {
  readonly workload: SessionRecord['workload'];
  readonly deadlineSeconds: number | undefined;
  readonly run: Run;
}

/**
 * What a runner is told of sessions: it is asked for several times in a row, while a session is looked
 * at, made ready and launched.
 */
export class Descriptions {
  readonly #make: (record: SessionRecord) => Run;
  /** Of some sessions; each keeps its workload for its life. */
  readonly #described = new Map<string, Described>();

  /** @param make - describes a session */
  constructor(make: (record: SessionRecord) => Run) {
    this.#make = make;
  }

  of(record: SessionRecord): Run {
    const { key, workload, life } = record;
    const { deadlineSeconds } = life;
    const known = this.#described.get(key);
    // A renewal gives a session another end.
    if (known?.workload === workload && known.deadlineSeconds === deadlineSeconds) return known.run;
    const run = this.#make(record);
    if (this.#described.size >= most) this.#described.clear();
    this.#described.set(key, { workload, deadlineSeconds, run });
    return run;
  }
}
