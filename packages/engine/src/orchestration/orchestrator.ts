import { Alarm } from '@skaha/base/alarm.js';
import { storageReason } from '@skaha/service/errors.js';
import type { Admission, SessionBounds } from '../ports/admission.js';
import { isAway } from '../ports/backing.js';
import type { RunLog } from '../ports/logs.js';
import type { Endpoint } from '../ports/pages.js';
import type {
  Entry,
  EntryPlan,
  Recovered,
  Run,
  RunNote,
  Runner,
  RunnerDescription,
  RunnerListener,
} from '../ports/runner.js';
import type { Capacity } from '../sessions/capacity.js';
import type { EventRow } from '../sessions/event-table.js';
import { type Effect, type LifeEvent, transition } from '../sessions/lifecycle.js';
import { isFinished, redacted, type SessionPlan, type SessionRecord } from '../sessions/record.js';
import { BackgroundTasks } from './background-tasks.js';
import { Descriptions } from './descriptions.js';
import { FollowUps } from './follow-ups.js';
import { notesOf } from './notes.js';
import type { Creation, HoldBack, OrchestratorOptions } from './options.js';
import { ownAdmission } from './own-admission.js';
import { endTime, eventOf } from './recovery.js';
import { Rounds } from './rounds.js';
import { SessionIndex } from './session-index.js';
import { SessionRepository } from './session-repository.js';
import { SessionsView } from './sessions-view.js';
import { type SessionUsage, UsageMeter } from './usage-meter.js';
import { type Decision, WaitingLine } from './waiting-line.js';

/**
 * Carries the sessions through their lives: feeds what happens to the state machine, keeps the
 * result, and does what follows from it.
 */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  readonly #stored: SessionRepository;
  readonly #runner: Runner;
  readonly #admission: Admission;
  readonly #alarm: Alarm;
  readonly #meter: UsageMeter;
  readonly #tasks: BackgroundTasks;
  readonly #line: WaitingLine;
  readonly #rounds: Rounds;
  readonly #index: SessionIndex;
  /** What can be asked about sessions. */
  readonly sessions: SessionsView;
  readonly #following = new FollowUps();
  readonly #descriptions: Descriptions;
  /** The first events of sessions that are not kept yet. */
  readonly #firstNotes = new Map<string, readonly EventRow[]>();
  #closed = false;
  /** Whether the runs of an earlier platform were taken up: until then nothing is launched. */
  #isReady = false;
  /** Why the runner does not know at present what becomes of its runs. */
  #trouble: string | undefined;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#index = new SessionIndex(options.rules.capacity);
    for (const record of options.store.ended.lastTurns()) this.#index.ledger.hadTurn(record);
    this.#tasks = new BackgroundTasks(options.logger);
    this.#alarm = new Alarm(options.clock, () => this.#timePassed());
    this.#runner = options.runner(this.#listener());
    this.#descriptions = new Descriptions((record) => options.describe(record, this.#runner));
    this.#admission = this.#runner.admission ?? ownAdmission(this.#index.ledger, options.rules);
    this.#meter = new UsageMeter(
      (keys) => this.#runner.usage(keys),
      (key) => this.#usageChanged(key),
    );
    this.#rounds = new Rounds({
      accept: (records) => this.#write(records),
      change: (changes) => this.#stored.aheadOfDisk(() => this.#round(changes)),
      settle: async () => await this.#settle(),
      withdraw: (records) => this.#together(() => this.#withdraw(records)),
    });
    this.#line = new WaitingLine({
      stored: {
        hasNote: (key, reason) => this.#stored.hasNote(key, reason),
        noteOnce: (key, note) => this.#stored.noteOnce(key, note),
      },
      queued: this.#index.ledger.queued,
      admission: this.#admission,
      obstacle: (record) => this.#runner.obstacle(this.#describe(record)),
    });
    this.#index.watch((_, after) => {
      if (after?.life.phase === 'queued') this.#line.joined(after.key);
    });
    this.#stored = new SessionRepository(options.store, options.logger, this.#index.changed);
    this.sessions = new SessionsView(this.#stored, this.#index, options.store.ended);
  }

  #listener(): RunnerListener {
    // A clock may be ahead of ours.
    const past = (at: number | undefined) => Math.min(at ?? this.#now(), this.#now());
    const note = (key: string, { at, ...rest }: RunNote) =>
      this.#stored.note(key, { ...rest, first: past(at), last: past(at) });
    return {
      started: (key, at) => this.#happened(key, { type: 'started', at: past(at) }),
      pending: (key, { queued, since, note: why }) => {
        const event: LifeEvent = { type: 'pending', at: past(since), queued };
        const change = () => {
          this.#apply([{ key, event }]);
          if (why !== undefined) note(key, why);
        };
        this.#tasks.send(this.#rounds.happen(change));
      },
      ended: (key, end) =>
        this.#happened(key, { type: 'exited', ...end, at: endTime(end, this.#now()) }),
      noted: (key, told) => this.#tasks.send(this.#rounds.happen(() => note(key, told))),
      refused: (key, reason) => this.#happened(key, { type: 'refused', at: this.#now(), reason }),
      outOfTouch: (trouble) => this.#outOfTouch(trouble),
    };
  }

  /** Takes up the sessions of an earlier platform where they are now. */
  async recover(): Promise<void> {
    // Very many may be over: to look each up by itself would take as long as all the rest.
    let kept: Set<string> | undefined;
    await this.#runner.tidy((key) => {
      kept ??= this.sessions.ended.keys();
      return kept.has(key) || this.#stored.record(key) !== undefined;
    });
    const earlier = this.#stored
      .all()
      .filter(({ life }) => life.phase !== 'queued' && !isFinished(life))
      .map((record) => ({ record, run: this.#describe(record) }));
    const found = await this.#runner.recover(
      earlier.map(({ record, run }) => ({ run, wasRunning: record.life.startedAt !== undefined })),
    );
    await Promise.all(
      earlier.map(({ record, run }) =>
        this.#takeUp(record, run, found.get(record.key) ?? { state: 'unknown' }),
      ),
    );
    this.#isReady = true;
    await this.schedule();
  }

  /** The visible session with this id, whoever owns it, when its kind has a page. */
  page(id: string): SessionRecord | undefined {
    return this.sessions.page(id);
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
    return await this.#runner.enter(this.#describe(record), plan);
  }

  /** What a running session uses; undefined while that is not known. */
  usage(key: string): SessionUsage | undefined {
    return this.#meter.of(key);
  }

  get runner(): RunnerDescription {
    const { name, isolation } = this.#runner;
    return { name, ...isolation, notice: this.#options.notice, trouble: this.#trouble };
  }

  /** Whether anything new can be accepted. */
  get isStoring(): boolean {
    return this.#options.store.backing?.trouble === undefined;
  }

  /** What there is to give to sessions in all. */
  get capacity(): Capacity {
    return this.#admission.capacity;
  }

  /** What one session may ask for, where the runner has bounds of its own. */
  get bounds(): SessionBounds | undefined {
    return this.#admission.bounds;
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
    this.#tell(record, 'created');
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

  /** Before it is written down and told: a renewal that does not reach the runner is none. */
  async #renewRun(record: SessionRecord, event: LifeEvent): Promise<void> {
    const { life } = transition(record.life, event);
    if (life.deadlineSeconds === record.life.deadlineSeconds) return;
    await this.#runner.renew?.(this.#describe({ ...record, life }));
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
    await this.#rounds.happen(() => this.#apply(happened));
  }

  /** Resolves once what can be seen of the sessions is on disk. */
  async settled(): Promise<void> {
    await this.#rounds.settled();
  }

  async #settle(): Promise<void> {
    const following = this.#following.take();
    try {
      const written = this.#stored.reachDisk();
      // What is kept elsewhere is not known to the platform after this one before it is there.
      const isElsewhere = this.#options.store.backing !== undefined;
      if (isElsewhere) await written;
      for (const { launch } of following) launch();
      await written;
    } catch (error) {
      if (isAway(error)) {
        // Nothing is begun or ended of which the platform after this one would not know.
        this.#following.hold(following);
        this.#options.store.whenBack(this.goOn);
        throw error;
      }
      this.#options.logger.error(
        `cannot store a session: ${storageReason(error) ?? 'unknown reason'}`,
      );
      // What happened to a process cannot be refused.
      if (following.length === 0) throw error;
    }
    for (const { act } of following) act();
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
      this.#apply(this.#line.impossible(this.#now()));
      this.#apply(this.#line.admitted(this.#now()));
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
      this.#together(() => this.#apply(this.#stored.all().map(({ key }) => ({ key, event }))));
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

  #describe(record: SessionRecord): Run {
    return this.#descriptions.of(record);
  }

  async #takeUp(record: SessionRecord, run: Run, found: Recovered): Promise<void> {
    // It may have been deleted while we looked.
    const phase = this.#stored.get(record.key)?.record.life.phase;
    const unwanted = phase === 'stopping' || phase === 'deleting';
    const event = eventOf(found, unwanted, this.#now());
    if (found.state === 'unclaimed' && event === undefined) return this.#runner.launch(run);
    if (event !== undefined) {
      await this.#rounds.happen(() => this.#apply([{ key: record.key, event }]));
    }
    if (found.state === 'pending' && found.note !== undefined) {
      const { at = this.#now(), ...note } = found.note;
      this.#stored.note(record.key, { ...note, first: at, last: at });
    }
    if (found.state === 'running') this.#meter.watch(record.key, true, false);
    const isOver = found.state === 'ended' || found.state === 'unclaimed';
    if (unwanted && !isOver) this.#tasks.send(this.#runner.terminate(run));
  }

  #outOfTouch(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const { logger } = this.#options;
    if (trouble === undefined) logger.info('the runner can tell the state of sessions again');
    else logger.warn(`sessions keep their last known state: ${trouble}`);
  }

  #happened(key: string, event: LifeEvent): void {
    const change = () => this.#apply([{ key, event }]);
    // What takes no time is over soon after its start: both are written together then.
    const isPatient = event.type === 'started';
    this.#tasks.send(isPatient ? this.#rounds.happenSoon(change) : this.#rounds.happen(change));
  }

  #change(key: string, event: LifeEvent): void {
    const kept = this.#stored.get(key);
    if (kept === undefined) return;
    const { life, effects } = transition(kept.record.life, event);
    if (life === kept.record.life && effects.length === 0) return;
    const record = { ...kept.record, life };
    const notes = notesOf(effects, record, this.#runner, this.#now());
    if (life.phase === 'gone') this.#stored.remove(key);
    else this.#stored.put(record, [...kept.events, ...notes]);
    this.#tell(record, event.type);
    this.#meter.watch(key, life.phase === 'running');
    this.#following.add({
      launch: () => {
        const isLaunched = effects.some(({ type }) => type === 'launch');
        if (isLaunched) this.#runner.launch(this.#describe(record));
      },
      act: () => {
        for (const effect of effects) this.#perform(effect, record);
      },
    });
  }

  #tell(record: SessionRecord, event: string): void {
    const { kind, life } = record;
    const { phase, exitStatus: exit, endReason: reason } = life;
    const fields = { kind, event, phase, exit, reason };
    this.#options.logger.info(`session ${redacted(record)} ${event}: ${life.phase}`, fields);
  }

  #apply(decisions: readonly Decision[]): void {
    for (const { key, event } of decisions) this.#change(key, event);
  }

  /** Makes changes, writes them down in one step, and then does what follows from them. */
  #together(changes: () => void): void {
    if (!this.#stored.together(changes)) return;
    this.#following.act();
  }

  #perform(effect: Effect, record: SessionRecord): void {
    if (effect.type === 'terminate') {
      this.#tasks.send(this.#runner.terminate(this.#describe(record)));
    }
    if (effect.type === 'purge') this.#tasks.send(this.#runner.purge(record.key));
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
