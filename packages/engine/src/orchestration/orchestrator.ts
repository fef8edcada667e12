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

/** What an orchestrator works with. */
export interface OrchestratorOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: SchedulingRules;
  readonly lifetimes: Lifetimes;
  /** What the runner must know about a session besides its record. */
  factsOf(record: SessionRecord): RunFacts;
  /** Why a runner that isolates more was not chosen. */
  readonly notice?: string | undefined;
  /** Makes the runner that reports to this listener. */
  runner(listener: RunnerListener): Runner;
}

/** What is known of a new session besides its plan. */
export interface Creation {
  /** Id of the desktop that a desktop app belongs to. */
  readonly desktop?: string | undefined;
  /** Opens the registry of its image. */
  readonly login?: RegistryLogin | undefined;
  /** Its first events. */
  readonly notes?: readonly EventRow[] | undefined;
}

/**
 * Accepts sessions and carries them through their lives: gathers what happens to them into rounds,
 * and decides after each who starts next and when time alone brings a change.
 */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  readonly #index: SessionIndex;
  readonly #stored: SessionRepository;
  /** What can be asked about sessions. */
  readonly sessions: SessionsView;
  readonly #tasks: BackgroundTasks;
  readonly #rounds: Rounds;
  readonly #reports: RunnerReports;
  readonly #runner: Runner;
  readonly #runs: RunDescriptions;
  readonly #meter: UsageMeter;
  readonly #changes: LifeChanges;
  /** What there is to give to sessions, and what one of them may ask for. */
  readonly admission: Admission;
  readonly #line: WaitingLine;
  readonly #alarm: Alarm;
  /** The first events of sessions that are not kept yet. */
  readonly #firstNotes = new Map<string, readonly EventRow[]>();
  #closed = false;
  /** Whether the runs of an earlier platform were taken up: until then nothing is launched. */
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

  /** Takes up the sessions of an earlier platform where they are now. */
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

  /** The way to a session's page; undefined when there is none, or not yet. */
  async endpoint(key: string): Promise<Endpoint | undefined> {
    return await this.#runner.endpoint(key);
  }

  /**
   * Runs a further command in a session.
   *
   * @throws {EntryRefused} when that cannot be
   */
  async enter(record: SessionRecord, plan: EntryPlan): Promise<Entry> {
    return await this.#runner.enter(this.#runs.of(record), plan);
  }

  /** What a running session uses; undefined while that is not known. */
  usage(key: string): SessionUsage | undefined {
    return this.#meter.of(key);
  }

  get runner(): RunnerDescription {
    const { name, isolation } = this.#runner;
    return { name, ...isolation, notice: this.#options.notice, trouble: this.#reports.trouble };
  }

  /** Whether anything new can be accepted. */
  get isStoring(): boolean {
    return this.#options.store.backing?.trouble === undefined;
  }

  /** True when sessions can have graphics processors. */
  get hasGpus(): boolean {
    return this.#runner.hasGpus === true;
  }

  /** True when sessions run the programs of their images, and have a network of their own. */
  get runsImages(): boolean {
    return this.#runner.runsImages;
  }

  /** What a session has written. */
  async logs(key: string): Promise<RunLog> {
    return await this.#runner.logs(key);
  }

  /**
   * Accepts a session. When this resolves it is on disk, and will be run even if the platform is
   * killed at once.
   *
   * @param creation - what else is known of it
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

  /** Deletes a session and, with a desktop, its apps. Unknown keys are no error. */
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
   * Renews a session and, with a desktop, its apps.
   *
   * @returns false when nothing of it is running
   * @throws what the runner says when it cannot let them live longer
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

  /** Done before it is written: a renewal that does not reach the runner is none. */
  async #renewRun(record: SessionRecord, event: LifeEvent): Promise<void> {
    const { life } = transition(record.life, event);
    if (life.deadlineSeconds === record.life.deadlineSeconds) return;
    await this.#runner.renew?.(this.#runs.of({ ...record, life }));
  }

  /** Lets a function decide whether queued sessions are held back; `schedule` asks it again. */
  holdWhile(back: HoldBack): void {
    this.#line.holdWhile(back);
  }

  /**
   * Starts what has room, tells the others why they wait, and sets the alarm.
   *
   * @param happened - what changed it all
   * @returns once it is on disk
   */
  async schedule(happened: readonly Decision[] = []): Promise<void> {
    await this.#rounds.happen(() => this.#changes.apply(happened));
  }

  /** Resolves once what can be seen of the sessions is on disk. */
  async settled(): Promise<void> {
    await this.#rounds.settled();
  }

  /** As {@link schedule}, for callers that do not wait for it. */
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
   * Stops. `end` ends what runs and what waits, and records it as failed; `leave` leaves both to
   * the next platform on this data directory.
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
    await this.#options.store.part();
  }

  /** Ends all work at once and writes nothing: another platform has taken its place. */
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
    // What the disk did not take is due on it still.
    const isDirty = this.#stored.isDirty();
    this.#alarm.set(Math.min(this.#index.due.first(), isDirty ? this.#now() + 1_000 : over));
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
