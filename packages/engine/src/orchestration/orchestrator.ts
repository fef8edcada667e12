import { Alarm } from '@skaha/base/alarm.js';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { Admission } from '../ports/admission.js';
import type { RunLog } from '../ports/logs.js';
import type { Endpoint } from '../ports/pages.js';
import type {
  Entry,
  EntryPlan,
  RegistryLogin,
  Runner,
  RunnerDescription,
  RunnerListener,
} from '../ports/runner.js';
import type { SchedulingRules } from '../sessions/capacity.js';
import type { EventRow } from '../sessions/event-table.js';
import { type LifeEvent, transition } from '../sessions/lifecycle.js';
import type { SessionPlan, SessionRecord } from '../sessions/record.js';
import type { Lifetimes } from '../settings.js';
import type { SessionStore } from '../store/session-store.js';
import { BackgroundTasks } from './background-tasks.js';
import { type Decision, LifeChanges } from './life-changes.js';
import { recoverSessions } from './recovery.js';
import { Rounds } from './rounds.js';
import { RunDescriptions, type RunFacts } from './run-descriptions.js';
import { RunnerReports } from './runner-reports.js';
import { SessionIndex } from './session-index.js';
import { SessionRepository } from './session-repository.js';
import { SessionsView } from './sessions-view.js';
import { type SessionUsage, UsageMeter } from './usage-meter.js';
import { type HoldBack, ownAdmission, WaitingLine } from './waiting-line.js';

/** What an orchestrator needs. */
export interface OrchestratorOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: SchedulingRules;
  readonly lifetimes: Lifetimes;
  /** What the runner needs to know about a session besides its record. */
  factsOf(record: SessionRecord): RunFacts;
  /** Why no runner with more isolation was chosen. */
  readonly notice?: string | undefined;
  /** Creates the runner, which reports to this listener. */
  runner(listener: RunnerListener): Runner;
}

/** Details of a new session besides its plan. */
export interface Creation {
  /** Id of the desktop that a desktop app belongs to. */
  readonly desktop?: string | undefined;
  /** The login for the registry of its image. */
  readonly login?: RegistryLogin | undefined;
  /** Its first events. */
  readonly notes?: readonly EventRow[] | undefined;
}

/**
 * Accepts sessions and manages their lives: collects events into rounds, and after each round
 * decides which sessions start next and when the next timed change is due.
 */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  readonly #index: SessionIndex;
  readonly #stored: SessionRepository;
  /** Queries about sessions. */
  readonly sessions: SessionsView;
  readonly #tasks: BackgroundTasks;
  readonly #rounds: Rounds;
  readonly #reports: RunnerReports;
  readonly #runner: Runner;
  readonly #runs: RunDescriptions;
  readonly #meter: UsageMeter;
  readonly #changes: LifeChanges;
  /** What resources there are, and what a session may request. */
  readonly admission: Admission;
  readonly #line: WaitingLine;
  readonly #alarm: Alarm;
  /** The first events of sessions that are not stored yet. */
  readonly #firstNotes = new Map<string, readonly EventRow[]>();
  #closed = false;
  /** Whether the runs of an earlier platform have been recovered; nothing is launched before. */
  #isReady = false;

  constructor(options: OrchestratorOptions) {
    const { store, clock, logger, rules } = options;
    this.#options = options;
    this.#index = new SessionIndex(rules.capacity);
    for (const record of store.ended.lastTurns()) this.#index.ledger.hadTurn(record);
    this.#stored = new SessionRepository(store, logger, this.#index.changed);
    this.sessions = new SessionsView(this.#stored, this.#index, store.ended);
    this.#tasks = new BackgroundTasks(logger);
    this.#rounds = this.#openRounds();
    this.#reports = new RunnerReports({
      stored: this.#stored,
      rounds: this.#rounds,
      tasks: this.#tasks,
      clock,
      logger,
      apply: (decision) => this.#changes.apply([decision]),
    });
    const runner = options.runner(this.#reports);
    this.#runner = runner;
    this.#runs = new RunDescriptions(runner, options.factsOf);
    this.#meter = new UsageMeter(
      (keys) => runner.usage(keys),
      (key) => this.#usageChanged(key),
    );
    this.#changes = new LifeChanges({
      stored: this.#stored,
      store,
      runner,
      runs: this.#runs,
      meter: this.#meter,
      tasks: this.#tasks,
      clock,
      logger,
      whenBack: this.goOn,
    });
    this.admission = runner.admission ?? ownAdmission(this.#index.ledger, rules);
    this.#line = this.#openLine();
    this.#alarm = new Alarm(clock, () => this.#timePassed());
  }

  #openRounds(): Rounds {
    return new Rounds({
      accept: (records) => this.#write(records),
      change: (changes) => this.#stored.aheadOfDisk(() => this.#round(changes)),
      settle: async () => await this.#changes.settle(),
      withdraw: (records) => this.#changes.together(() => this.#withdraw(records)),
    });
  }

  #openLine(): WaitingLine {
    const line = new WaitingLine({
      stored: this.#stored,
      queued: this.#index.ledger.queued,
      admission: this.admission,
      obstacle: (record) => this.#runner.obstacle(this.#runs.of(record)),
    });
    this.#index.watch((_, after) => {
      if (after?.life.phase === 'queued') line.joined(after.key);
    });
    return line;
  }

  /** Recovers the sessions of an earlier platform. */
  async recover(): Promise<void> {
    await recoverSessions({
      runner: this.#runner,
      stored: this.#stored,
      runs: this.#runs,
      meter: this.#meter,
      tasks: this.#tasks,
      now: () => this.#now(),
      endedKeys: () => this.sessions.ended.keys(),
      happen: async (key, event) =>
        await this.#rounds.happen(() => this.#changes.apply([{ key, event }])),
    });
    this.#isReady = true;
    await this.schedule();
  }

  /** The address of a session's page; undefined if there is none, or none yet. */
  async endpoint(key: string): Promise<Endpoint | undefined> {
    return await this.#runner.endpoint(key);
  }

  /**
   * Runs a further command in a session.
   *
   * @throws {EntryRefused} if that is not possible
   */
  async enter(record: SessionRecord, plan: EntryPlan): Promise<Entry> {
    return await this.#runner.enter(this.#runs.of(record), plan);
  }

  /** What a running session uses; undefined if unknown. */
  usage(key: string): SessionUsage | undefined {
    return this.#meter.of(key);
  }

  get runner(): RunnerDescription {
    const { name, isolation } = this.#runner;
    return { name, ...isolation, notice: this.#options.notice, trouble: this.#reports.trouble };
  }

  /** Whether new sessions can be accepted. */
  get isStoring(): boolean {
    return this.#options.store.backing?.trouble === undefined;
  }

  /** Whether sessions can have graphics processors. */
  get hasGpus(): boolean {
    return this.#runner.hasGpus === true;
  }

  /** Whether sessions run the programs of their images, with a network of their own. */
  get runsImages(): boolean {
    return this.#runner.runsImages;
  }

  /** The log of a session. */
  async logs(key: string): Promise<RunLog> {
    return await this.#runner.logs(key);
  }

  /**
   * Accepts a session. When this resolves, it is on disk and will run even if the platform is
   * killed at once.
   *
   * @param creation - further details
   */
  async create(
    plan: SessionPlan,
    { desktop, login, notes = [] }: Creation = {},
  ): Promise<SessionRecord> {
    this.#options.store.refuseInTrouble();
    const { deadlineSeconds, ...rest } = plan;
    const record: SessionRecord = {
      ...rest,
      ...this.#stored.newKey(desktop),
      sequence: this.#stored.nextSequence(),
      createdAt: this.#now(),
      life: { phase: 'queued', deadlineSeconds },
    };
    this.#firstNotes.set(record.key, notes);
    try {
      await this.#index.expecting(record, this.#accept(record, login));
    } finally {
      this.#firstNotes.delete(record.key);
    }
    this.#changes.log(record, 'created');
    return record;
  }

  #write(records: readonly SessionRecord[]): void {
    const notesOfNew = (key: string) => this.#firstNotes.get(key) ?? [];
    this.#stored.aheadOfDisk(() => this.#stored.add(records, notesOfNew));
  }

  async #accept(record: SessionRecord, login: Creation['login']): Promise<void> {
    if (login === undefined) return await this.#rounds.arrive(record);
    try {
      await this.#runner.keepLogin?.(record.key, login);
      await this.#rounds.arrive(record);
    } catch (error) {
      this.#tasks.send(this.#runner.purge(record.key));
      throw error;
    }
  }

  /** Adds an event to a session. */
  readonly note = (key: string, note: EventRow): void => this.#stored.note(key, note);

  /** Deletes a session and the apps of a desktop. Unknown keys are ignored. */
  async delete(owner: string, key: string): Promise<void> {
    const record = this.sessions.find(owner, key);
    if (record === undefined) return;
    this.#options.store.refuseInTrouble();
    const event: LifeEvent = { type: 'deleted', at: this.#now() };
    await this.schedule(
      [record, ...this.sessions.apps(record)].map((one) => ({ key: one.key, event })),
    );
  }

  /**
   * Renews a session and the apps of a desktop.
   *
   * @returns false if none of them is running
   * @throws the runner's error if it cannot extend their lifetime
   */
  async renew(owner: string, id: string): Promise<boolean> {
    this.#options.store.refuseInTrouble();
    const active = [...this.#index.withId(id)].filter(
      (record) => record.owner === owner && record.life.phase === 'running',
    );
    const lifetimeSeconds = this.#options.lifetimes.interactiveSeconds;
    const event: LifeEvent = { type: 'renewed', at: this.#now(), lifetimeSeconds };
    await Promise.all(active.map((record) => this.#renewRun(record, event)));
    await this.schedule(active.map(({ key }) => ({ key, event })));
    return active.length > 0;
  }

  /** Before the renewal is written: one that does not reach the runner has no effect. */
  async #renewRun(record: SessionRecord, event: LifeEvent): Promise<void> {
    const { life } = transition(record.life, event);
    if (life.deadlineSeconds === record.life.deadlineSeconds) return;
    await this.#runner.renew?.(this.#runs.of({ ...record, life }));
  }

  /** Sets a function that decides, in each round, whether queued sessions are held back. */
  holdWhile(back: HoldBack): void {
    this.#line.holdWhile(back);
  }

  /**
   * Starts sessions that fit, records why the others wait, and sets the alarm.
   *
   * @param happened - a change to apply first
   * @returns once it is on disk
   */
  async schedule(happened: readonly Decision[] = []): Promise<void> {
    await this.#rounds.happen(() => this.#changes.apply(happened));
  }

  /** Resolves once everything visible of the sessions is on disk. */
  async settled(): Promise<void> {
    await this.#rounds.settled();
  }

  /** Like {@link schedule}, for callers that do not wait for it. */
  readonly goOn = (): void => this.#tasks.send(this.schedule());

  #withdraw(records: readonly SessionRecord[]): void {
    for (const { key } of records) this.#stored.remove(key);
  }

  #round(changes: readonly (() => void)[]): void {
    this.#stored.together(() => {
      for (const change of changes) change();
      if (this.#closed || !this.#isReady) return;
      this.#changes.apply(this.#line.impossible(this.#now()));
      this.#changes.apply(this.#line.admitted(this.#now()));
      this.#line.explain(this.#now());
    });
    this.#setAlarm();
  }

  /**
   * Stops. `end` ends running and waiting sessions and records them as failed; `leave` leaves them
   * to the next platform on this data directory.
   */
  async stop(sessions: 'end' | 'leave'): Promise<void> {
    this.#closed = true;
    await this.#rounds.settled();
    await this.#rounds.finish();
    this.#alarm.clear();
    this.#meter.close();
    if (sessions === 'end') {
      const event: LifeEvent = { type: 'stopped', at: this.#now() };
      this.#changes.together(() =>
        this.#changes.apply(this.#stored.all().map(({ key }) => ({ key, event }))),
      );
      await this.#tasks.done();
    }
    await this.#runner.close();
    await this.#tasks.done();
    await this.#rounds.finish();
    this.#stored.flush();
    await this.#options.store.sendRemaining();
  }

  /** Stops all work at once and writes nothing: another platform has taken over. */
  abandon(): void {
    this.#closed = true;
    this.#alarm.clear();
    this.#meter.close();
    if (this.#runner.abandon === undefined) this.#tasks.send(this.#runner.close());
    else this.#runner.abandon();
  }

  #usageChanged(key: string): void {
    const record = this.#stored.record(key);
    if (record !== undefined) this.#index.touched(record);
  }

  #timePassed(): void {
    const at = this.#now();
    const expired = this.#index.due.take(at);
    const forgotten = this.sessions.ended.due(at).map(({ key }) => key);
    const decisions: Decision[] = [
      ...expired.map((key): Decision => ({ key, event: { type: 'expired', at } })),
      ...forgotten.map((key): Decision => ({ key, event: { type: 'forgotten', at } })),
    ];
    this.#tasks.send(this.schedule(decisions));
  }

  #setAlarm(): void {
    if (this.#closed) return;
    const over = this.sessions.ended.nextDue();
    // Changes that could not be written are still to be written.
    const isDirty = this.#stored.isDirty();
    this.#alarm.set(Math.min(this.#index.due.first(), isDirty ? this.#now() + 1_000 : over));
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
