import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { RegistryLogin, Run, Runner, RunnerListener } from '../ports/runner.js';
import type { SchedulingRules } from '../sessions/capacity.js';
import type { EventRow } from '../sessions/event-table.js';
import type { SessionRecord } from '../sessions/record.js';
import type { Lifetimes } from '../settings.js';
import type { SessionStore } from '../store/session-store.js';

/** What an orchestrator works with. */
export interface OrchestratorOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: SchedulingRules;
  readonly lifetimes: Lifetimes;
  /** What a runner must know about a session. */
  describe(record: SessionRecord, runner: Runner): Run;
  /** Why a runner that isolates more was not chosen. */
  readonly notice?: string | undefined;
  /** Makes the runner that reports to this listener. */
  runner(listener: RunnerListener): Runner;
}

/** What is known of a new session beside its plan. */
export interface Creation {
  /** Id of the desktop that a desktop app belongs to. */
  readonly desktop?: string | undefined;
  /** Opens the registry of its image. */
  readonly login?: RegistryLogin | undefined;
  /** Its first events. */
  readonly notes?: readonly EventRow[] | undefined;
}

/** What holds sessions back although there is room; undefined when nothing does. */
export type HoldBack = () =>
  | { notes(record: SessionRecord, at: number): readonly EventRow[] }
  | undefined;
