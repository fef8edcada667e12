import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { RunEnd, RunNote, RunnerListener, Waiting } from '../ports/runner.js';
import type { LifeEvent } from '../sessions/lifecycle.js';
import type { BackgroundTasks } from './background-tasks.js';
import type { Decision } from './life-changes.js';
import type { Rounds } from './rounds.js';
import type { SessionRepository } from './session-repository.js';

/** When a run ended; a time from a file may be ahead of the platform's clock. */
export const endTime = ({ at }: RunEnd, now: number): number =>
  Math.min(at ?? Number.POSITIVE_INFINITY, now);

/** What the reports need. */
export interface RunnerReportsOptions {
  readonly stored: Pick<SessionRepository, 'note'>;
  readonly rounds: Rounds;
  readonly tasks: BackgroundTasks;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Applies an event to a session in the current round. */
  apply(decision: Decision): void;
}

/** Turns the runner's reports into changes of sessions. */
export class RunnerReports implements RunnerListener {
  readonly #options: RunnerReportsOptions;
  #trouble: string | undefined;

  constructor(options: RunnerReportsOptions) {
    this.#options = options;
  }

  /** Why the runner currently does not know the state of its runs. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  started(key: string, at?: number): void {
    const { rounds } = this.#options;
    const event: LifeEvent = { type: 'started', at: this.#past(at) };
    // Short sessions end soon after their start: wait a moment, so that both are written together.
    this.#send(rounds.happenSoon(() => this.#options.apply({ key, event })));
  }

  pending(key: string, { queued, since, note }: Waiting): void {
    const event: LifeEvent = { type: 'pending', at: this.#past(since), queued };
    this.#change(() => {
      this.#options.apply({ key, event });
      if (note !== undefined) this.#note(key, note);
    });
  }

  ended(key: string, end: RunEnd): void {
    const event: LifeEvent = { type: 'exited', ...end, at: endTime(end, this.#now()) };
    this.#change(() => this.#options.apply({ key, event }));
  }

  refused(key: string, reason: string): void {
    const event: LifeEvent = { type: 'refused', at: this.#now(), reason };
    this.#change(() => this.#options.apply({ key, event }));
  }

  noted(key: string, note: RunNote): void {
    this.#change(() => this.#note(key, note));
  }

  outOfTouch(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const { logger } = this.#options;
    if (trouble === undefined) logger.info('the runner can tell the state of sessions again');
    else logger.warn(`sessions keep their last known state: ${trouble}`);
  }

  #note(key: string, { at, ...rest }: RunNote): void {
    this.#options.stored.note(key, { ...rest, first: this.#past(at), last: this.#past(at) });
  }

  #change(make: () => void): void {
    this.#send(this.#options.rounds.happen(make));
  }

  #send(work: Promise<void>): void {
    this.#options.tasks.send(work);
  }

  /** The clock of the runner may be ahead of ours. */
  #past(at: number | undefined): number {
    return Math.min(at ?? this.#now(), this.#now());
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
