import { Alarm } from '../clock.js';
import { pageKind } from '../kinds/pages.js';
import type { Endpoint, Run, Runner } from '../runners/types.js';
import type { EventRow } from '../sessions/event-table.js';
import { type Effect, type LifeEvent, nextDue, transition } from '../sessions/lifecycle.js';
import {
  holdsResources,
  isVisible,
  redacted,
  type SessionPlan,
  type SessionRecord,
} from '../sessions/record.js';
import { type Capacity, inUse } from '../sessions/scheduling.js';
import type { RunnerDescription } from '../types.js';
import { Errands } from './errands.js';
import { notesOf } from './notes.js';
import type { Creation, HoldBack, OrchestratorOptions } from './options.js';
import { endTime, eventOf } from './recovery.js';
import { SessionShelf } from './session-shelf.js';
import { type SessionUsage, UsageMeter } from './usage-meter.js';
import { type Decision, WaitingLine } from './waiting-line.js';

/**
 * Carries the sessions through their lives: feeds what happens to the state machine, keeps the
 * result, and does what follows from it.
 */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  readonly #shelf: SessionShelf;
  readonly #runner: Runner;
  readonly #alarm: Alarm;
  readonly #meter: UsageMeter;
  readonly #errands: Errands;
  readonly #line: WaitingLine;
  /** What follows from changes that are not on disk yet. */
  readonly #following: (() => void)[] = [];
  #closed = false;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#shelf = new SessionShelf(options.store, options.logger);
    this.#errands = new Errands(options.logger);
    this.#alarm = new Alarm(options.clock, () => this.#timePassed());
    this.#meter = new UsageMeter((key) => this.#runner.usage(key));
    this.#line = new WaitingLine({
      shelf: this.#shelf,
      rules: options.rules,
      obstacle: (record) => this.#runner.obstacle(this.#describe(record)),
    });
    this.#runner = options.runner({
      started: (key) => this.#happened(key, { type: 'started', at: this.#now() }),
      ended: (key, end) =>
        this.#happened(key, { type: 'exited', ...end, at: endTime(end, this.#now()) }),
      noted: (key, note) => {
        const at = this.#now();
        this.#shelf.note(key, { ...note, first: at, last: at });
      },
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

  /** The visible session with this id, whoever owns it, when its kind has a page. */
  page(id: string): SessionRecord | undefined {
    const record = this.#shelf.get(id)?.record;
    if (record === undefined || pageKind(record.kind) === undefined) return undefined;
    return isVisible(record.life) ? record : undefined;
  }

  /** Where a session's page is reached on this machine. */
  async endpoint(key: string): Promise<Endpoint | undefined> {
    return await this.#runner.endpoint(key);
  }

  /** What a running session uses; undefined while that is not known. */
  usage(key: string): SessionUsage | undefined {
    return this.#meter.of(key);
  }

  get runner(): RunnerDescription {
    const { name, isolation } = this.#runner;
    return { name, ...isolation, notice: this.#options.notice };
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
   * @param creation - what else is known of it
   */
  create(plan: SessionPlan, { desktop, login, notes = [] }: Creation = {}): SessionRecord {
    const { deadlineSeconds, ...rest } = plan;
    const record: SessionRecord = {
      ...rest,
      ...this.#shelf.newKey(desktop),
      sequence: this.#shelf.nextSequence(),
      createdAt: this.#now(),
      life: { phase: 'queued', deadlineSeconds },
    };
    if (login !== undefined) this.#runner.keepLogin?.(record.key, login);
    this.#shelf.put(record, notes);
    this.#tell(record, 'created');
    // The reply must not wait for a process to start.
    setImmediate(() => this.schedule());
    return record;
  }

  /** Adds an event to a session. */
  readonly note = (key: string, note: EventRow): void => this.#shelf.note(key, note);

  /** Deletes a session and, with a desktop, its apps. Unknown keys are no error. */
  delete(owner: string, key: string): void {
    const record = this.find(owner, key);
    if (record === undefined) return;
    const event: LifeEvent = { type: 'deleted', at: this.#now() };
    this.schedule([record, ...this.#appsOf(record)].map(({ key: one }) => ({ key: one, event })));
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
    const lifetimeSeconds = this.#options.lifetimes.interactiveSeconds;
    const event: LifeEvent = { type: 'renewed', at: this.#now(), lifetimeSeconds };
    this.schedule(active.map(({ key }) => ({ key, event })));
    return active.length > 0;
  }

  /** Lets a function decide whether queued sessions are held back; `schedule` asks it again. */
  holdWhile(back: HoldBack): void {
    this.#line.holdWhile(back);
  }

  /**
   * Starts what has room, tells the others why they wait, and sets the alarm.
   *
   * @param happened - what changed it all
   */
  schedule(happened: readonly Decision[] = []): void {
    if (this.#closed) return void this.#apply(happened);
    this.#together(() => {
      this.#apply(happened);
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
    this.#alarm.clear();
    this.#meter.close();
    if (sessions === 'end') {
      const event: LifeEvent = { type: 'stopped', at: this.#now() };
      this.#apply(this.#shelf.all().map(({ key }) => ({ key, event })));
      await this.#errands.done();
    }
    await this.#runner.close();
    await this.#errands.done();
    this.#shelf.flush();
  }

  #describe(record: SessionRecord): Run {
    return this.#options.describe(record, this.#runner);
  }

  async #recoverOne(record: SessionRecord): Promise<void> {
    const run = this.#describe(record);
    const found = await this.#runner.recover(run);
    // It may have been deleted while we looked.
    const phase = this.#shelf.get(record.key)?.record.life.phase;
    const unwanted = phase === 'stopping' || phase === 'deleting';
    const event = eventOf(found, unwanted, this.#now());
    if (event === undefined) return this.#runner.launch(run);
    this.#apply([{ key: record.key, event }]);
    if (found.state !== 'running') return;
    this.#meter.watch(record.key, true, false);
    if (unwanted) this.#errands.send(this.#runner.terminate(run));
  }

  #happened(key: string, event: LifeEvent): void {
    this.schedule([{ key, event }]);
  }

  #change(key: string, event: LifeEvent): void {
    const kept = this.#shelf.get(key);
    if (kept === undefined) return;
    const { life, effects } = transition(kept.record.life, event);
    if (life === kept.record.life && effects.length === 0) return;
    const record = { ...kept.record, life };
    const notes = notesOf(effects, record, this.#runner, this.#now());
    if (life.phase === 'gone') this.#shelf.remove(key);
    else this.#shelf.put(record, [...kept.events, ...notes]);
    this.#tell(record, event.type);
    this.#meter.watch(key, life.phase === 'running');
    this.#following.push(() => {
      for (const effect of effects) this.#perform(effect, record);
    });
  }

  #tell(record: SessionRecord, event: string): void {
    const { kind, life } = record;
    const fields = { kind, event, phase: life.phase, exit: life.exitStatus };
    this.#options.logger.info(`session ${redacted(record)} ${event}: ${life.phase}`, fields);
  }

  #apply(decisions: readonly Decision[]): void {
    this.#together(() => {
      for (const { key, event } of decisions) this.#change(key, event);
    });
  }

  /** Makes changes, writes them down in one step, and then does what follows from them. */
  #together(changes: () => void): void {
    if (!this.#shelf.together(changes)) return;
    for (const act of this.#following.splice(0)) act();
  }

  #perform(effect: Effect, record: SessionRecord): void {
    if (effect.type === 'launch') this.#runner.launch(this.#describe(record));
    if (effect.type === 'terminate') {
      this.#errands.send(this.#runner.terminate(this.#describe(record)));
    }
    if (effect.type === 'purge') this.#errands.send(this.#runner.purge(record.key));
  }

  #timePassed(): void {
    const at = this.#now();
    const due = this.#shelf
      .all()
      .filter(({ life, keepSeconds }) => nextDue(life, keepSeconds) <= at);
    this.schedule(
      due.map(({ key, life }) => {
        return { key, event: { type: holdsResources(life) ? 'expired' : 'forgotten', at } };
      }),
    );
    this.#shelf.flush();
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
}
