import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { storageReason } from '@skaha/service/errors.js';
import { isAway } from '../ports/backing.js';
import type { Runner } from '../ports/runner.js';
import { type Effect, type LifeEvent, transition } from '../sessions/lifecycle.js';
import { redacted, type SessionRecord } from '../sessions/record.js';
import type { SessionStore } from '../store/session-store.js';
import type { BackgroundTasks } from './background-tasks.js';
import { notesOf } from './notes.js';
import type { RunDescriptions } from './run-descriptions.js';
import type { SessionRepository } from './session-repository.js';
import type { UsageMeter } from './usage-meter.js';

/** An event for a session. */
export interface Decision {
  readonly key: string;
  readonly event: LifeEvent;
}

/** A changed session, and the effects of the change. */
interface FollowUp {
  readonly record: SessionRecord;
  readonly effects: readonly Effect[];
}

/** What changes need. */
export interface LifeChangesOptions {
  readonly stored: SessionRepository;
  readonly store: Pick<SessionStore, 'backing' | 'whenBack'>;
  readonly runner: Runner;
  readonly runs: RunDescriptions;
  readonly meter: UsageMeter;
  readonly tasks: BackgroundTasks;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the backing can be reached again. */
  whenBack(): void;
}

/**
 * Changes the lives of sessions: the state machine turns an event into a new state and effects; the
 * state is written, and the effects take place once it is on disk.
 */
export class LifeChanges {
  readonly #options: LifeChangesOptions;
  /** Effects of changes that are not durable yet, in the order of the changes. */
  #following: FollowUp[] = [];
  /** Effects of changes that could not be made durable so far. */
  #held: readonly FollowUp[] = [];

  constructor(options: LifeChangesOptions) {
    this.#options = options;
  }

  /** Applies events; unknown sessions and events that change nothing are ignored. */
  apply(decisions: readonly Decision[]): void {
    for (const { key, event } of decisions) this.#apply(key, event);
  }

  #apply(key: string, event: LifeEvent): void {
    const { stored, runner, meter, clock } = this.#options;
    const before = stored.get(key);
    if (before === undefined) return;
    const { life, effects } = transition(before.record.life, event);
    if (life === before.record.life && effects.length === 0) return;
    const record = { ...before.record, life };
    const notes = notesOf(effects, record, runner, clock.now());
    if (life.phase === 'gone') stored.remove(key);
    else stored.put(record, [...before.events, ...notes]);
    this.log(record, event.type);
    meter.watch(key, life.phase === 'running');
    this.#following.push({ record, effects });
  }

  /** Logs what happened to a session. */
  log(record: SessionRecord, event: string): void {
    const { kind, life } = record;
    const { phase, exitStatus: exit, endReason: reason } = life;
    const fields = { kind, event, phase, exit, reason };
    this.#options.logger.info(`session ${redacted(record)} ${event}: ${life.phase}`, fields);
  }

  /** Waits until the changes so far are on disk, then carries out their effects. */
  async settle(): Promise<void> {
    const { stored, store, logger } = this.#options;
    // Effects added from here on belong to later changes.
    const following = [...this.#held, ...this.#following];
    this.#held = [];
    this.#following = [];
    try {
      const written = stored.reachDisk();
      // A platform that takes over knows only what has reached the backing.
      const isElsewhere = store.backing !== undefined;
      if (isElsewhere) await written;
      for (const followUp of following) this.#launch(followUp);
      await written;
    } catch (error) {
      if (isAway(error)) {
        // Nothing may start or end that a platform which takes over would not know of.
        this.#held = [...this.#held, ...following];
        store.whenBack(this.#options.whenBack);
        throw error;
      }
      logger.error(`cannot store a session: ${storageReason(error) ?? 'unknown reason'}`);
      // What has already happened to a process cannot be undone.
      if (following.length === 0) throw error;
    }
    for (const followUp of following) this.#act(followUp);
  }

  /** Applies changes, writes them in one transaction, and then carries out their effects. */
  together(changes: () => void): void {
    if (!this.#options.stored.together(changes)) return;
    const following = this.#following;
    this.#following = [];
    for (const followUp of following) {
      this.#launch(followUp);
      this.#act(followUp);
    }
  }

  /**
   * Effects that take place as soon as the change is written, while it is flushed to the disk. A
   * launch may be repeated: a runner starts a session only once.
   */
  #launch({ record, effects }: FollowUp): void {
    const { runner, runs } = this.#options;
    if (effects.some(({ type }) => type === 'launch')) runner.launch(runs.of(record));
  }

  /** Effects that cannot be undone, once the change is durable. */
  #act({ record, effects }: FollowUp): void {
    const { runner, runs, tasks } = this.#options;
    for (const { type } of effects) {
      if (type === 'terminate') tasks.send(runner.terminate(runs.of(record)));
      if (type === 'purge') tasks.send(runner.purge(record.key));
    }
  }
}
