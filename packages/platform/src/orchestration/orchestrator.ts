import { Alarm, type Clock } from '../clock.js';
import type { Lifetimes } from '../config/settings.js';
import type { Logger } from '../logger.js';
import type { Run, Runner, RunnerListener } from '../runners/types.js';
import type { EventRow } from '../sessions/event-table.js';
import { type Effect, type LifeEvent, nextDue, transition } from '../sessions/lifecycle.js';
import {
  holdsResources,
  isVisible,
  type SessionPlan,
  type SessionRecord,
} from '../sessions/record.js';
import { admissible, type Capacity, inUse, waitingFor } from '../sessions/scheduling.js';
import type { SessionStore } from '../store/session-store.js';
import { notesOf, waitingNote } from './notes.js';
import { type Kept, SessionShelf } from './session-shelf.js';

/** What an orchestrator works with. */
export interface OrchestratorOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly capacity: Capacity;
  readonly lifetimes: Lifetimes;
  /** What a runner must know about a session. */
  describe(record: SessionRecord): Run;
  /** Makes the runner that reports to this listener. */
  runner(listener: RunnerListener): Runner;
}

/** Why sessions are held back although there is room; undefined when they are not. */
export type HoldReason = () => string | undefined;

/**
 * Carries the sessions through their lives: feeds what happens to the state machine, keeps the
 * result, and does what follows from it.
 */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  readonly #shelf: SessionShelf;
  readonly #runner: Runner;
  readonly #alarm: Alarm;
  readonly #work = new Set<Promise<unknown>>();
  #hold: HoldReason = () => undefined;
  #closed = false;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#shelf = new SessionShelf(options.store, options.logger);
    this.#alarm = new Alarm(options.clock, () => this.#timePassed());
    this.#runner = options.runner({
      started: (key) => this.#happened(key, { type: 'started', at: this.#now() }),
      ended: (key, end) =>
        this.#happened(key, { type: 'exited', at: this.#endTime(end.at), status: end.status }),
      refused: (key, reason) => this.#happened(key, { type: 'refused', at: this.#now(), reason }),
    });
  }

  /** Takes up the sessions of an earlier platform where they are now. */
  async recover(): Promise<void> {
    await this.#runner.tidy((key) => this.#shelf.get(key) !== undefined);
    const held = this.#shelf.all().filter(({ life }) => holdsResources(life));
    await Promise.all(held.map((record) => this.#recoverOne(record)));
    this.schedule();
  }

  /** Sessions their owners can see. */
  visible(owner?: string): SessionRecord[] {
    return this.#shelf
      .all()
      .filter(
        (record) => isVisible(record.life) && (owner === undefined || record.owner === owner),
      );
  }

  /** A visible session of this owner. */
  find(owner: string, key: string): SessionRecord | undefined {
    const record = this.#shelf.get(key)?.record;
    return record?.owner === owner && isVisible(record.life) ? record : undefined;
  }

  /** The visible contributed session with this id, whoever owns it. */
  page(id: string): SessionRecord | undefined {
    const record = this.#shelf.get(id)?.record;
    return record?.kind === 'contributed' && isVisible(record.life) ? record : undefined;
  }

  /** The port of a session's page on this machine. */
  async port(key: string): Promise<number | undefined> {
    return await this.#runner.port(key);
  }

  events(key: string): readonly EventRow[] {
    return this.#shelf.get(key)?.events ?? [];
  }

  logFile(key: string): string {
    return this.#runner.logFile(key);
  }

  /** What running sessions take. */
  used(): Capacity {
    return inUse(this.#shelf.all());
  }

  /**
   * Accepts a session. When this returns it is on disk, and will be run even if the platform is
   * killed at once.
   *
   * @param desktop - id of the desktop a desktop app belongs to
   */
  create(plan: SessionPlan, desktop?: string): SessionRecord {
    const { deadlineSeconds, ...rest } = plan;
    const record: SessionRecord = {
      ...rest,
      ...this.#shelf.newKey(desktop),
      sequence: this.#shelf.nextSequence(),
      createdAt: this.#now(),
      life: { phase: 'queued', deadlineSeconds },
    };
    this.#shelf.put(record, []);
    // The reply must not wait for a process to start.
    setImmediate(() => this.schedule());
    return record;
  }

  /** Deletes a session and, with a desktop, its apps. Unknown keys are no error. */
  delete(owner: string, key: string): void {
    const record = this.find(owner, key);
    if (record === undefined) return;
    const doomed = [record, ...this.#appsOf(record)];
    for (const { key: one } of doomed) this.#apply(one, { type: 'deleted', at: this.#now() });
    this.schedule();
  }

  #appsOf(record: SessionRecord): SessionRecord[] {
    if (record.appId !== undefined) return [];
    return this.visible(record.owner).filter((one) => one.id === record.id && one !== record);
  }

  /**
   * Renews a session and, with a desktop, its apps.
   *
   * @returns false when nothing of it is running
   */
  renew(owner: string, id: string): boolean {
    const active = this.visible(owner).filter(
      (record) => record.id === id && record.life.phase === 'running',
    );
    for (const { key } of active) {
      const lifetimeSeconds = this.#options.lifetimes.interactiveSeconds;
      this.#apply(key, { type: 'renewed', at: this.#now(), lifetimeSeconds });
    }
    this.#setAlarm();
    return active.length > 0;
  }

  /** Lets a function decide whether queued sessions are held back; `schedule` asks it again. */
  holdWhile(reason: HoldReason): void {
    this.#hold = reason;
  }

  /** Starts what has room, tells the others why they wait, and sets the alarm. */
  schedule(): void {
    if (this.#closed) return;
    const { capacity } = this.#options;
    const held = this.#hold();
    if (held === undefined) this.#refuseImpossible();
    const chosen = held === undefined ? admissible(this.#shelf.all(), capacity) : [];
    for (const { key } of chosen) this.#apply(key, { type: 'admitted', at: this.#now() });
    const used = this.used();
    for (const record of this.#shelf.all()) {
      if (record.life.phase !== 'queued') continue;
      const reason = held ?? waitingFor(record, used, capacity);
      this.#shelf.noteOnce(record.key, waitingNote(reason, this.#now()));
    }
    this.#setAlarm();
  }

  /** A session this machine can never run fails at once: waiting would not help it. */
  #refuseImpossible(): void {
    for (const record of this.#shelf.all()) {
      if (record.life.phase !== 'queued') continue;
      const reason = this.#runner.obstacle(this.#options.describe(record));
      if (reason !== undefined) {
        this.#apply(record.key, { type: 'refused', at: this.#now(), reason });
      }
    }
  }

  /**
   * Stops. `end` ends what runs and what waits, and records it as failed; `leave` leaves both to
   * the next platform on this data directory.
   */
  async stop(sessions: 'end' | 'leave'): Promise<void> {
    this.#closed = true;
    this.#alarm.clear();
    if (sessions === 'end') {
      for (const { key } of this.#shelf.all()) {
        this.#apply(key, { type: 'stopped', at: this.#now() });
      }
      while (this.#work.size > 0) await Promise.allSettled(this.#work);
    }
    await this.#runner.close();
    await Promise.allSettled(this.#work);
    this.#shelf.flush();
  }

  async #recoverOne(record: SessionRecord): Promise<void> {
    const run = this.#options.describe(record);
    const found = await this.#runner.recover(run);
    // It may have been deleted while we looked.
    const phase = this.#shelf.get(record.key)?.record.life.phase;
    const unwanted = phase === 'stopping' || phase === 'deleting';
    if (found.state === 'ended') {
      const at = this.#endTime(found.end.at);
      this.#apply(record.key, { type: 'exited', at, status: found.end.status });
    } else if (found.state === 'running') {
      this.#apply(record.key, { type: 'started', at: this.#now() });
      if (unwanted) this.#background(this.#runner.terminate(run));
    } else if (unwanted) {
      this.#apply(record.key, { type: 'exited', at: this.#now(), status: undefined });
    } else {
      this.#runner.launch(run);
    }
  }

  #happened(key: string, event: LifeEvent): void {
    this.#apply(key, event);
    this.schedule();
  }

  #apply(key: string, event: LifeEvent): void {
    const kept = this.#shelf.get(key);
    if (kept === undefined) return;
    const { life, effects } = transition(kept.record.life, event);
    if (life === kept.record.life && effects.length === 0) return;
    const record = { ...kept.record, life };
    const notes = notesOf(effects, record, this.#runner.name, this.#now());
    if (life.phase === 'gone') this.#shelf.remove(key);
    else this.#shelf.put(record, [...kept.events, ...notes]);
    this.#options.logger.info(`session ${redact(record)} ${event.type}: ${life.phase}`);
    for (const effect of effects) this.#perform(effect, record);
  }

  #perform(effect: Effect, record: SessionRecord): void {
    if (effect.type === 'launch') this.#runner.launch(this.#options.describe(record));
    if (effect.type === 'terminate') {
      this.#background(this.#runner.terminate(this.#options.describe(record)));
    }
    if (effect.type === 'purge') this.#background(this.#runner.purge(record.key));
  }

  #background(work: Promise<unknown>): void {
    const watched = work.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.error(`could not finish work on a session: ${reason}`);
    });
    this.#work.add(watched);
    void watched.finally(() => this.#work.delete(watched));
  }

  #timePassed(): void {
    const now = this.#now();
    for (const { key, life, keepSeconds } of this.#shelf.all()) {
      if (nextDue(life, keepSeconds) > now) continue;
      const type = life.phase === 'running' ? 'expired' : 'forgotten';
      this.#apply(key, { type, at: now });
    }
    this.#shelf.flush();
    this.schedule();
  }

  #setAlarm(): void {
    if (this.#closed) return;
    const due = this.#shelf.all().map(({ life, keepSeconds }) => nextDue(life, keepSeconds));
    const retry = this.#shelf.isDirty() ? this.#now() + 1_000 : Number.POSITIVE_INFINITY;
    this.#alarm.set(Math.min(retry, ...due));
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** A file's time comes from the machine's clock, which may be ahead of ours. */
  #endTime(at: number | undefined): number {
    return Math.min(at ?? Number.POSITIVE_INFINITY, this.#now());
  }
}

/** A session id opens the session's page: the log shows the beginning of it only. */
const redact = ({ key, name }: Kept['record']) => `${name} (${key.slice(0, 4)}…)`;
